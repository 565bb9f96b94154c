-- class: expand
-- What happened: changes, progress, executions of the workflow, reminders.

-- +goose Up
-- No foreign key to the goal: that a goal was deleted is part of its history. A
-- user's deletion takes everything along.
CREATE TABLE change_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    goal_id     uuid NOT NULL,
    entity_type text NOT NULL CHECK (entity_type IN ('goal', 'sub_goal', 'action', 'task', 'reflection')),
    entity_id   uuid NOT NULL,
    change      text NOT NULL CHECK (change IN ('created', 'updated', 'deleted')),
    -- {"title": {"from": "a", "to": "b"}}
    fields      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),
    changed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX change_history_listing ON change_history (user_id, goal_id, id DESC);

-- The last state of each day.
CREATE TABLE progress_history (
    user_id         uuid NOT NULL,
    goal_id         uuid NOT NULL,
    recorded_on     date NOT NULL,
    progress        smallint NOT NULL CHECK (progress BETWEEN 0 AND 100),
    completed_tasks integer NOT NULL CHECK (completed_tasks >= 0),
    total_tasks     integer NOT NULL CHECK (total_tasks >= completed_tasks),
    PRIMARY KEY (goal_id, recorded_on),
    FOREIGN KEY (goal_id, user_id) REFERENCES goals (id, user_id) ON DELETE CASCADE
);

-- The id is also the execution's name in Step Functions.
CREATE TABLE workflow_executions (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id        uuid NOT NULL,
    goal_id        uuid NOT NULL,
    execution_arn  text UNIQUE CHECK (length(execution_arn) <= 2048),
    retry_of       uuid REFERENCES workflow_executions ON DELETE SET NULL,
    status         text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'timed_out')),
    progress       smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    action_ids     uuid[] NOT NULL DEFAULT '{}',
    total_actions  integer NOT NULL DEFAULT 0 CHECK (total_actions BETWEEN 0 AND 64),
    -- The actions whose tasks were stored, and the names of the errors of the others:
    -- {"<action id>": "QuotaExceededError"}
    done_actions   uuid[] NOT NULL DEFAULT '{}',
    failed_actions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(failed_actions) = 'object'),
    error          text NOT NULL DEFAULT '' CHECK (length(error) <= 200),
    started_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz CHECK ((status IN ('pending', 'running')) = (finished_at IS NULL)),
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (goal_id, user_id) REFERENCES goals (id, user_id) ON DELETE CASCADE
);
CREATE INDEX workflow_executions_latest ON workflow_executions (goal_id, started_at DESC, id DESC);
CREATE UNIQUE INDEX workflow_executions_one_at_a_time ON workflow_executions (goal_id)
    WHERE status IN ('pending', 'running');

CREATE TABLE reminder_preferences (
    user_id    uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    enabled    boolean NOT NULL DEFAULT true,
    pace       text NOT NULL DEFAULT 'stay_on_track' CHECK (pace IN ('stay_on_track', 'change_pace')),
    -- Why mail was switched off by something else than the settings page.
    off_reason text NOT NULL DEFAULT '' CHECK (off_reason IN ('', 'unsubscribed', 'bounced', 'complained')),
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One row per user and day: whoever inserts it sends the mail.
CREATE TABLE reminder_log (
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    sent_on    date NOT NULL,
    status     text NOT NULL DEFAULT 'claimed' CHECK (status IN ('claimed', 'sent', 'failed')),
    due        integer NOT NULL DEFAULT 0 CHECK (due >= 0),
    overdue    integer NOT NULL DEFAULT 0 CHECK (overdue >= 0),
    message_id text NOT NULL DEFAULT '' CHECK (length(message_id) <= 200),
    error      text NOT NULL DEFAULT '' CHECK (length(error) <= 200),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, sent_on)
);

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['change_history', 'progress_history', 'workflow_executions',
        'reminder_preferences', 'reminder_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO goal_mandala_app USING (user_id = (SELECT app_user_id())) '
            'WITH CHECK (user_id = (SELECT app_user_id()))', name || '_own', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER workflow_executions_touch BEFORE UPDATE ON workflow_executions
    FOR EACH ROW EXECUTE FUNCTION touch_row();
CREATE TRIGGER reminder_preferences_touch BEFORE UPDATE ON reminder_preferences
    FOR EACH ROW EXECUTE FUNCTION touch_row();
GRANT SELECT, INSERT ON change_history TO goal_mandala_app;
GRANT SELECT, INSERT, UPDATE ON progress_history, workflow_executions, reminder_log TO goal_mandala_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON reminder_preferences TO goal_mandala_app;

-- Three questions have to be asked before it is known whose rows are meant. Their
-- functions run as the owner of the tables and give ids, nothing else.

-- Whose execution of the workflow this is.
-- +goose StatementBegin
CREATE FUNCTION app_execution_owner(execution uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN (SELECT user_id FROM workflow_executions WHERE id = execution);
-- +goose StatementEnd

-- Whose address a bounce came from.
-- +goose StatementBegin
CREATE FUNCTION app_user_of_email(address text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
    RETURN (SELECT id FROM users WHERE lower(email) = lower(address));
-- +goose StatementEnd

-- Who is to be reminded on a day: users with mail on and an open task that is due by
-- then in a goal being worked on; in the order of their ids, after the one given.
-- +goose StatementBegin
CREATE FUNCTION app_reminder_users(day date, after_id uuid, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
    SELECT u.id
    FROM users u
    LEFT JOIN reminder_preferences p ON p.user_id = u.id
    WHERE u.id > after_id
        AND coalesce(p.enabled, true)
        AND EXISTS (
            SELECT FROM tasks t JOIN goals g ON g.id = t.goal_id
            WHERE t.user_id = u.id AND t.status IN ('not_started', 'in_progress') AND t.deadline <= day
                AND g.status IN ('active', 'partial'))
    ORDER BY u.id
    LIMIT most
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION app_execution_owner(uuid), app_user_of_email(text),
    app_reminder_users(date, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_execution_owner(uuid), app_user_of_email(text),
    app_reminder_users(date, uuid, integer) TO goal_mandala_app;

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'migrations go forward only'; END $$;
-- +goose StatementEnd
