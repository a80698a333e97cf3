-- Takes one counted failure back: the sign-in ended well. $1 subject. No rows. Leans on the primary key.
UPDATE sign_in_failures SET failures = greatest(failures - 1, 0) WHERE subject = $1
