-- class: expand
-- An e-mail address is whose Cognito verified it last. The row of its owner before, whom
-- Cognito knows by another one by now or not at all, would lock the new one out.

-- +goose Up
-- Takes an address away from everybody but the present transaction's user. What is left
-- in its place nobody can have: "invalid" is reserved (RFC 2606).
-- +goose StatementBegin
CREATE FUNCTION app_take_email(address text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
    UPDATE users SET email = id || '@invalid' WHERE lower(email) = lower(address) AND id <> app_user_id();
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION app_take_email(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_take_email(text) TO goal_mandala_app;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'migrations go forward only'; END $$;
-- +goose StatementEnd
