-- Crates are a few of the racks, which are as many as brands times what each of them makes: a search that wants
-- them all need not go through all of those. The same words as in `queries/catalog/statement.py`.
create index shelf_crates on shelf_racks (program_id, id) where crate >= id;
