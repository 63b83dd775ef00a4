"""The demo's edition of the EV maker's program: the same, but its messages go over every channel there is.

It has two messages and two segments more, so that there is something to broadcast and somebody to tell, and
another brand in one market. The example itself keeps to e-mail, because an installation begins with that.
Each change is of one text that stands there once, so an example that was changed since is noticed, and not
published half changed.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from guerdon.cli.installation import Refused

EXPIRING = "  reward_expiring: { channel: email, topic: service, remind: { before_days: [30, 7] } }\n"
# An offer, which needs a consent, and news about what members have, which needs none; and whom to tell.
BROADCASTS = """\
  winter_wheels:
    channels: [email]
    topic: offers
    data: [member.name]
    text:
      subject: { en: Winter wheels at your dealer, es: Ruedas de invierno en su concesionario, de: Winterräder bei Ihrem Händler, fr: Des roues d'hiver chez votre concessionnaire, ar: إطارات الشتاء لدى وكيلك, id: Ban musim dingin di dealer Anda }
      headline: { en: "{{#if member.name}}{{member.name}}, {{/if}}winter is coming", es: "{{#if member.name}}{{member.name}}, {{/if}}llega el invierno", de: "{{#if member.name}}{{member.name}}, {{/if}}der Winter kommt", fr: "{{#if member.name}}{{member.name}}, {{/if}}l'hiver arrive", ar: "{{#if member.name}}{{member.name}}، {{/if}}الشتاء قادم", id: "{{#if member.name}}{{member.name}}, {{/if}}musim dingin tiba" }
      body: { en: Show this e-mail at your dealer and fitting is free until the end of the year., es: Muestre este correo en su concesionario y el montaje es gratis hasta fin de año., de: Zeigen Sie diese E-Mail bei Ihrem Händler und die Montage ist bis Jahresende kostenlos., fr: "Montrez cet e-mail chez votre concessionnaire : le montage est offert jusqu'à la fin de l'année.", ar: أظهر هذه الرسالة لدى وكيلك والتركيب مجاني حتى نهاية العام., id: Tunjukkan e-mail ini di dealer Anda dan pemasangan gratis hingga akhir tahun. }
  one_page:
    channels: [push, sms, email]
    beside: [inapp]
    topic: service
    text:
      subject: { en: All your rewards on one page, es: Todas sus recompensas en una página, de: Alle Ihre Prämien auf einer Seite, fr: Toutes vos récompenses sur une page, ar: كل مكافآتك في صفحة واحدة, id: Semua hadiah Anda di satu halaman }
      headline: { en: All your rewards on one page, es: Todas sus recompensas en una página, de: Alle Ihre Prämien auf einer Seite, fr: Toutes vos récompenses sur une page, ar: كل مكافآتك في صفحة واحدة, id: Semua hadiah Anda di satu halaman }
      body: { en: What we tell you about your rewards now lies there too. There is nothing that you need to do., es: Lo que le contamos sobre sus recompensas ahora también está allí. No tiene que hacer nada., de: Was wir Ihnen über Ihre Prämien sagen liegt jetzt auch dort. Sie müssen nichts tun., fr: Ce que nous vous disons de vos récompenses s'y trouve désormais aussi. Vous n'avez rien à faire., ar: ما نخبرك به عن مكافآتك موجود الآن هناك أيضًا. لا يلزمك فعل أي شيء., id: Yang kami sampaikan tentang hadiah Anda kini juga ada di sana. Anda tidak perlu melakukan apa pun. }
      button: { en: Open it, es: Abrirla, de: Öffnen, fr: L'ouvrir, ar: افتحها, id: Buka }
      link: inbox

segments:
  drivers:
    name: { en: Drove with us, es: Han conducido con nosotros, de: Sind mit uns gefahren, fr: Ont roulé avec nous, ar: قادوا معنا, id: Pernah berkendara bersama kami }
    if: "count(test_drive.completed, '12m') >= 1"
  private:
    name: { en: Private customers, es: Clientes particulares, de: Privatkunden, fr: Clients particuliers, ar: العملاء الأفراد, id: Pelanggan perorangan }
    if: "member.segment == 'private'"
"""  # noqa: E501  a line of the program is as long as its six languages
# The dealers of Italy know the program by a name of theirs, and it looks so: a second brand, by a few lines.
BRAND = """
brand:
  logo: { light: nordlys-logo.svg, dark: nordlys-logo-dark.svg }
  icon: nordlys-icon.png
  sender: { en: Nordlys Circle, ar: دائرة نوردليس }
  legal: { en: "Nordlys Motors, Example Street 1, Oslo", es: "Nordlys Motors, Calle del Ejemplo 1, Oslo", de: "Nordlys Motors, Beispielstraße 1, Oslo", fr: "Nordlys Motors, 1 rue de l'Exemple, Oslo", ar: نوردليس موتورز، شارع المثال 1، أوسلو, id: "Nordlys Motors, Jalan Contoh 1, Oslo" }
  markets:
    IT:
      name: { en: Meridian Circle, es: Círculo Meridian, de: Meridian Kreis, fr: Cercle Meridian, ar: دائرة ميريديان, id: Lingkaran Meridian }
      short: Meridian
      logo: { light: meridian-logo.svg, dark: meridian-logo-dark.svg }
      icon: meridian-icon.png
      sender: { en: Meridian Circle, es: Círculo Meridian, de: Meridian Kreis, fr: Cercle Meridian, ar: دائرة ميريديان, id: Lingkaran Meridian }
      hue: 35
      accent: { light: "#762b32", dark: "#edaaa4" }
      value: "#936823"
      card: "#2c1114"
      card_fade: "#4d1b1f"
      foil: "#e2c382"
      corners: 0.4
      legal: { en: "Meridian Italia, Via dell'Esempio 1, Milan", es: "Meridian Italia, Via dell'Esempio 1, Milán", de: "Meridian Italia, Via dell'Esempio 1, Mailand", fr: "Meridian Italia, Via dell'Esempio 1, Milan", ar: "ميريديان إيطاليا، Via dell'Esempio 1، ميلانو", id: "Meridian Italia, Via dell'Esempio 1, Milan" }
"""  # noqa: E501  a line of the program is as long as its six languages
# What stands in the example, and what stands there in the demo.
CHANGES: Mapping[str, str] = {
    "reward_ready: { channel: email, topic: service }": (
        "reward_ready:\n"
        "    { channels: [push, sms, email], beside: [inapp], topic: service, fall_back_after: 10 minutes }"
    ),
    EXPIRING: EXPIRING + BROADCASTS,
    "\nname: Nordlys Circle\n": f"\nname: Nordlys Circle\n{BRAND}\n",
    # The stand-in for FCM has this one project.
    "fcm: { project: nordlys-circle,": "fcm: { project: standin-project,",
    # A check sends more in a minute than the account of a young program may.
    'senders: { default: "+15005550006", DE: NORDLYS }\n    per_second: 10\n': (
        'senders: { default: "+15005550006", DE: NORDLYS }\n    per_second: 50\n'
    ),
}


def write_edition(example: Path, folder: Path) -> Path:
    """Write the edition of a program's file into a folder, with the files beside it; gives its file."""
    text = example.read_text(encoding="utf-8")
    for before, after in CHANGES.items():
        if text.count(before) != 1:
            raise Refused(f"{example} does not say {before.partition(chr(10))[0]!r} just once any more")
        text = text.replace(before, after)
    folder.mkdir(exist_ok=True)
    for kind in ("csv", "svg", "png"):
        for file in example.parent.glob(f"*.{kind}"):
            shutil.copyfile(file, folder / file.name)
    written = folder / example.name
    written.write_text(text, encoding="utf-8")
    return written
