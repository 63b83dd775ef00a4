// A real OpenID provider: panva's oidc-provider, with an account for each login that its form is given.
// Asked by its first line of standard input (JSON): port, clients, accounts, keys; it says "ready" once it answers.
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const [line] = await new Promise((resolve) => {
  const lines = [];
  createInterface({ input: process.stdin }).on('line', (said) => { lines.push(said); resolve(lines); });
});
const { port, clients, accounts, keys } = JSON.parse(line);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub', 'acr', 'amr'], email: ['email', 'email_verified'], profile: ['name'] },
  // As providers do that people work with: what is asked for stands in the ID token, too.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  async findAccount(_, id) {
    const account = accounts[id];
    return account && { accountId: id, claims: () => ({ sub: id, ...account.claims }) };
  },
  // Whoever signs in agrees to what is asked for.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = `<!doctype html><html lang="en"><title>Who are you</title><form method="post">
      <input name="login" aria-label="login"><button name="go">Sign in</button><button name="deny" value="1">No</button></form>`;
    return undefined;
  }
  let body = '';
  for await (const piece of ctx.req) body += piece;
  const form = new URLSearchParams(body);
  const account = accounts[form.get('login')];
  const result = form.get('deny') || !account
    ? { error: 'access_denied', error_description: 'they said no' }
    : { login: { accountId: form.get('login'), amr: account.amr, acr: account.acr } };
  return provider.interactionFinished(ctx.req, ctx.res, result);
});

provider.listen(port, '127.0.0.1', () => console.log('ready'));
