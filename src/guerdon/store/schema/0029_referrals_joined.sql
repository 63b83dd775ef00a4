-- Two contacts that became one share their referrals: whoever is left sees the codes and pairs of both, by the ids under
-- which these were made. By their number, who they were sees theirs still.
do $$
declare
  here constant text := 'program_id = (select this_program())';
  part constant text := ' and ((select whole_program()) or sees_member(program_id, member_id))';
  led constant text :=
    'exists (select from member_ids i where i.program_id = %1$I.program_id and i.source = %1$I.%2$I'
    || ' and i.external_id = %1$I.%3$I and i.member_id = (select this_member()))';
  own text;
  rule text;
begin
  own := '(select this_member()) is null or member_id = (select this_member()) or '
    || format(led, 'referral_codes', 'source', 'external_id');
  rule := here || ' and (' || own || ')' || part;
  drop policy one_program on referral_codes;
  execute format('create policy one_program on referral_codes using (%s) with check (%1$s)', rule);
  own := '(select this_member()) is null or (select this_member()) in (member_id, referrer_id) or '
    || format(led, 'referral_pairs', 'source', 'external_id') || ' or '
    || format(led, 'referral_pairs', 'referrer_source', 'referrer_external_id');
  rule := here || ' and (' || own || ')' || part;
  drop policy one_program on referral_pairs;
  execute format('create policy one_program on referral_pairs using (%s) with check (%1$s)', rule);
end $$;

-- A member's codes by the ids that lead to them, however many contacts they were.
create index referral_codes_by_name on referral_codes (program_id, source, external_id);
