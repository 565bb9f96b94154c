-- class: expand
-- What a deletion needs: that it is quick, and that it lasts. And how many connections
-- there may be.

-- +goose Up
-- Every execution that is deleted looks for its retries.
CREATE INDEX workflow_executions_retries ON workflow_executions (retry_of);

-- Who was deleted: a token that was issued before is good for an hour, and must not
-- make the user anew. Nothing but the id is kept.
CREATE TABLE deleted_users (
    user_id    uuid PRIMARY KEY,
    deleted_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE deleted_users ENABLE ROW LEVEL SECURITY;
CREATE POLICY deleted_users_own ON deleted_users TO goal_mandala_app
    USING (user_id = (SELECT app_user_id())) WITH CHECK (user_id = (SELECT app_user_id()));
GRANT SELECT, INSERT ON deleted_users TO goal_mandala_app;

-- R6.2: more instances of functions than that get 53300, which the API answers with 503.
-- Of the database and not of the role: roles belong to the whole cluster.
-- +goose StatementBegin
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 50', current_database()); END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'migrations go forward only'; END $$;
-- +goose StatementEnd
