CREATE TRIGGER touch_THING AFTER UPDATE OF state ON THINGs
FOR EACH ROW WHEN NEW.updated_at = OLD.updated_at
BEGIN
    -- A change of the state is one, too.
    UPDATE THINGs SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;
