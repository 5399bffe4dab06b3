ALTER TYPE THING_kind ADD VALUE 'middle' BEFORE 'large';
