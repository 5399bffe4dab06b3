CREATE FUNCTION touch_THING() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    -- A change of the state is one, too.
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$body$;

CREATE TRIGGER touch_THING BEFORE UPDATE ON THINGs
FOR EACH ROW EXECUTE FUNCTION touch_THING();
