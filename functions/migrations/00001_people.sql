-- class: expand
-- Who uses the application, the role it signs in with, and how rows know their owner.

-- +goose Up
-- Roles belong to the whole cluster: another database may have made it already.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE ROLE goal_mandala_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
-- +goose StatementEnd

-- What only Aurora has: signing in with IAM, and the audit log.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO goal_mandala_app;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rdsadmin')
        AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgaudit') THEN
        CREATE EXTENSION IF NOT EXISTS pgaudit;
    END IF;
END
$$;
-- +goose StatementEnd

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO goal_mandala_app;
GRANT SELECT ON goose_db_version TO goal_mandala_app;

-- The user of the present transaction; without one nothing is visible.
-- +goose StatementBegin
CREATE FUNCTION app_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
-- +goose StatementEnd

-- Every change of a row gives it a new version, which is its ETag.
-- +goose StatementBegin
CREATE FUNCTION touch_row() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
-- +goose StatementEnd

-- The id is Cognito's `sub`.
CREATE TABLE users (
    id           uuid PRIMARY KEY,
    email        text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    name         text NOT NULL DEFAULT '' CHECK (length(name) <= 128),
    industry     text NOT NULL DEFAULT '' CHECK (length(industry) <= 128),
    company_size text NOT NULL DEFAULT '' CHECK (length(company_size) <= 128),
    job_type     text NOT NULL DEFAULT '' CHECK (length(job_type) <= 128),
    position     text NOT NULL DEFAULT '' CHECK (length(position) <= 128),
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_row();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_own ON users TO goal_mandala_app
    USING (id = (SELECT app_user_id())) WITH CHECK (id = (SELECT app_user_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO goal_mandala_app;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'migrations go forward only'; END $$;
-- +goose StatementEnd
