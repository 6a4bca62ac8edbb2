-- A database with something of most kinds that pg_dump knows.
create schema shop;
create schema "Other Schema";
create type shop.state as enum ('new', 'paid', 'sent');
create type shop.address as (street text, town text);
create domain shop.price as numeric(10,2) check (value >= 0);
create sequence shop.numbers start 1000 increment 5;
create table shop.customer (
    id int generated always as identity primary key,
    name text not null,
    born date default '1970-01-01',
    where_to shop.address,
    tags text[] default '{}',
    weight float8
);
create table shop."Order" (
    id int primary key default nextval('shop.numbers'),
    customer int not null references shop.customer,
    state shop.state not null default 'new',
    total shop.price,
    placed timestamptz not null,
    took interval,
    note text collate "C",
    data jsonb,
    raw bytea
);
alter sequence shop.numbers owned by shop."Order".id;
create index on shop."Order" (customer, placed desc) where state <> 'sent';
create unique index "Odd ""index""" on shop.customer (lower(name));
create table shop.event (at timestamptz not null, what text) partition by range (at);
create table shop.event_2023 partition of shop.event for values from ('2023-01-01') to ('2024-01-01');
create table shop.event_rest partition of shop.event default;
create table shop.secret (tenant text, v int);
alter table shop.secret enable row level security;
create policy own on shop.secret to plain_user using (tenant = current_setting('app.tenant', true)) with check (v > 0);
create view shop.open_orders as select o.id, c.name, o.total from shop."Order" o join shop.customer c on c.id = o.customer where o.state <> 'sent';
create materialized view shop.totals as select customer, sum(total) as total from shop."Order" group by customer with no data;
create function shop.label(shop."Order") returns text language sql stable as $$ select '#' || $1.id || ': ' || $1.total $$;
create function shop.touch() returns trigger language plpgsql set search_path = shop, pg_temp as $$
begin
  new.note := coalesce(new.note, 'touched \ ' || current_setting('search_path'));
  return new;
end $$;
create trigger touch before insert on shop."Order" for each row execute function shop.touch();
create procedure shop.tidy() language sql as $$ delete from shop.event where at < '2000-01-01' $$;
create aggregate shop.longest (text) (sfunc = pg_catalog.textcat, stype = text, initcond = '');
create operator shop.=== (leftarg = text, rightarg = text, function = pg_catalog.texteq);
create rule keep as on delete to shop.secret do instead nothing;
create text search configuration shop.plain (copy = simple);
create statistics shop.related on customer, state from shop."Order";
create table "Other Schema"."Odd ""table""" ("a b" int, "c" text default E'it''s\n\\');
comment on table shop."Order" is 'What was ordered: ''quoted'', "quoted", 100 %';
comment on column shop.customer.weight is 'kg';
grant usage on schema shop to plain_user;
grant select, insert on shop.secret to plain_user;
grant select (name, born) on shop.customer to plain_user;
alter default privileges in schema shop grant select on tables to plain_user;
create schema theirs authorization plain_user;
set role plain_user;
create table theirs.thing (id serial, name text default current_user);
insert into theirs.thing values (default), (default);
create view theirs.things as select count(*) from theirs.thing;
reset role;
insert into shop.customer (name, born, where_to, tags, weight)
    select 'Zoë ' || n, date '1950-01-01' + n, row('Road ' || n, 'Town, "' || n || '"')::shop.address, array['a', 'b ' || n], n / 3.0
    from generate_series(1, 300) n;
insert into shop."Order" (customer, state, total, placed, took, note, data, raw)
    select 1 + n % 300, (array['new', 'paid', 'sent'])[1 + n % 3]::shop.state, n, timestamptz '2024-03-31 00:30:00.123456+00' + n * interval '7 hours',
           n * interval '1 hour 1.5 seconds', case when n % 5 = 0 then E'tab\tand\nline \\ ' || n end,
           jsonb_build_object('n', n, 'text', 'ü'), decode(md5(n::text), 'hex')
    from generate_series(1, 2000) n;
insert into shop.event select timestamptz '2023-06-01 00:00+00' + n * interval '1 day', 'event ' || n from generate_series(1, 500) n;
insert into shop.secret select 't' || n % 3, n from generate_series(1, 30) n;
insert into "Other Schema"."Odd ""table""" values (1), (2);
select lo_from_bytea(4711, decode('00ff5c27', 'hex'));
comment on large object 4711 is 'large';
refresh materialized view shop.totals;
