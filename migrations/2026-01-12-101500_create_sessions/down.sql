-- The table that refers comes before the table that is referred to.
DROP TABLE bookings;
DROP TABLE sessions;
