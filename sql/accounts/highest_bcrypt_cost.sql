-- The highest cost of the bcrypt hashes that imported users have brought and not yet replaced, so that every sign-in can take as long.
-- One row: cost or null. Reads all users, of whom an installation has hundreds, beside a hash that takes tens of milliseconds.
SELECT max(substr(password_hash, 5, 2)::int) FROM users WHERE password_hash ~ '^[$]2[aby][$][0-9]{2}[$]'
