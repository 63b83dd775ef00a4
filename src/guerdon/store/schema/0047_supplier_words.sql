-- What a supplier says of an order, as staff typed it, may name whoever ordered: it goes when they are forgotten.

grant update (supplier_said) on order_cases to guerdon_worker;
