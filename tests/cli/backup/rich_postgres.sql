-- Something of everything that a dump holds.
CREATE EXTENSION citext;
CREATE SCHEMA "Back Office";
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE money_pair AS (amount numeric(12, 2), currency char(3));
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);

CREATE TABLE people (
    id integer GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 7) PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    feels mood NOT NULL DEFAULT 'happy',
    tags text[] NOT NULL DEFAULT '{}',
    document jsonb,
    photo bytea,
    born date CHECK (born > '1900-01-01'),
    seen timestamptz,
    height numeric(5, 2),
    height_in_inches numeric GENERATED ALWAYS AS (height / 2.54) STORED
);
COMMENT ON TABLE people IS 'Everyone; \ even "quoted", and with a
second line.';
COMMENT ON COLUMN people.feels IS 'how they are';
CREATE INDEX people_by_tag ON people USING gin (tags) WHERE seen IS NOT NULL;

CREATE TABLE "Back Office"."Select" (
    "from" bigserial PRIMARY KEY,
    person integer NOT NULL REFERENCES people DEFERRABLE INITIALLY DEFERRED,
    paid money_pair,
    many positive
);
CREATE SEQUENCE "Back Office"."own number" START WITH 5 CACHE 3;
SELECT nextval('"Back Office"."own number"');

CREATE TABLE measures (at timestamptz NOT NULL, value double precision) PARTITION BY RANGE (at);
CREATE TABLE measures_2026 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE measures_rest PARTITION OF measures DEFAULT;

CREATE FUNCTION shout(words text) RETURNS text LANGUAGE sql IMMUTABLE RETURN upper(words);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.seen := coalesce(NEW.seen, '2026-01-01 00:00:00+00');
    RETURN NEW;
END
$body$;
CREATE TRIGGER people_are_seen BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION note_change();

INSERT INTO people (email, feels, tags, document, photo, born, height)
SELECT 'P' || i || '@example.org', (ARRAY['sad', 'it''s ok', 'happy']::mood[])[1 + i % 3],
    ARRAY['a,b', 'c"d', E'\\e', NULL], jsonb_build_object('i', i, 'text', E'tab\tline\nend'),
    decode(md5(i::text), 'hex'), date '1950-01-01' + i, 150 + i % 50
FROM generate_series(1, 500) AS i;
INSERT INTO people (email, document) VALUES ('\.', '"\\."'), ('ünïcødé 💾', NULL);
INSERT INTO "Back Office"."Select" (person, paid, many)
SELECT id, ROW(id / 3.0, 'EUR')::money_pair, id FROM people;
INSERT INTO measures SELECT '2026-06-01 00:00:00+00'::timestamptz + i * interval '1 week', i / 7.0
FROM generate_series(1, 60) AS i;
INSERT INTO measures VALUES ('2026-02-02 00:00:00+00', 'NaN'), ('2026-02-03 00:00:00+00', '-Infinity');

CREATE VIEW happy AS SELECT email, shout(email::text) AS loud FROM people WHERE feels = 'happy';
CREATE MATERIALIZED VIEW by_mood AS SELECT feels, count(*) AS many FROM people GROUP BY feels;
CREATE RULE no_happy_ends AS ON DELETE TO happy DO INSTEAD NOTHING;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON people USING (true);
GRANT SELECT ON people TO PUBLIC;
GRANT UPDATE (email) ON people TO pg_monitor WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION shout TO pg_monitor;
REVOKE EXECUTE ON FUNCTION shout FROM PUBLIC;
GRANT USAGE ON SEQUENCE "Back Office"."own number" TO pg_monitor;
GRANT USAGE ON SCHEMA "Back Office" TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "Back Office" GRANT SELECT ON TABLES TO PUBLIC;
SELECT lo_from_bytea(4242, 'a large object, \000\001');
COMMENT ON LARGE OBJECT 4242 IS 'large';
GRANT SELECT ON LARGE OBJECT 4242 TO pg_monitor;
COMMENT ON FUNCTION shout IS 'louder';
COMMENT ON TYPE mood IS 'of people';
