-- class: expand
-- The mandala chart: goal, sub-goals, actions, tasks. Every table names its user, and
-- a row's user is its parent's, because the foreign keys hold both together.

-- +goose Up
CREATE TABLE goals (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
    deadline    date,
    background  text NOT NULL DEFAULT '' CHECK (length(background) <= 5000),
    constraints text NOT NULL DEFAULT '' CHECK (length(constraints) <= 5000),
    status      text NOT NULL DEFAULT 'draft' CHECK (status IN
        ('draft', 'generating', 'active', 'partial', 'completed', 'paused', 'cancelled', 'failed')),
    progress    smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id)
);
CREATE INDEX goals_listing ON goals (user_id, created_at DESC, id DESC);
CREATE INDEX goals_listing_status ON goals (user_id, status, created_at DESC, id DESC);

CREATE TABLE sub_goals (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid NOT NULL,
    goal_id     uuid NOT NULL,
    position    smallint NOT NULL CHECK (position BETWEEN 0 AND 7),
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
    background  text NOT NULL DEFAULT '' CHECK (length(background) <= 5000),
    constraints text NOT NULL DEFAULT '' CHECK (length(constraints) <= 5000),
    progress    smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, goal_id, user_id),
    FOREIGN KEY (goal_id, user_id) REFERENCES goals (id, user_id) ON DELETE CASCADE,
    CONSTRAINT sub_goals_position UNIQUE (goal_id, position) DEFERRABLE
);

CREATE TABLE actions (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid NOT NULL,
    goal_id     uuid NOT NULL,
    sub_goal_id uuid NOT NULL,
    position    smallint NOT NULL CHECK (position BETWEEN 0 AND 7),
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
    background  text NOT NULL DEFAULT '' CHECK (length(background) <= 5000),
    constraints text NOT NULL DEFAULT '' CHECK (length(constraints) <= 5000),
    type        text NOT NULL CHECK (type IN ('execution', 'habit')),
    progress    smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, goal_id, user_id),
    FOREIGN KEY (sub_goal_id, goal_id, user_id) REFERENCES sub_goals (id, goal_id, user_id) ON DELETE CASCADE,
    CONSTRAINT actions_position UNIQUE (sub_goal_id, position) DEFERRABLE
);
CREATE INDEX actions_listing ON actions (goal_id, sub_goal_id, position);

CREATE TABLE tasks (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id            uuid NOT NULL,
    goal_id            uuid NOT NULL,
    action_id          uuid NOT NULL,
    title              text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description        text NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
    type               text NOT NULL CHECK (type IN ('execution', 'habit')),
    status             text NOT NULL DEFAULT 'not_started' CHECK (status IN
        ('not_started', 'in_progress', 'completed', 'skipped')),
    estimated_minutes  integer CHECK (estimated_minutes BETWEEN 1 AND 10080),
    deadline           date,
    completed_at       timestamptz CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    -- The place among the tasks generated for the action; null for a task of the user's own.
    generated_position smallint CHECK (generated_position >= 0),
    version            bigint NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id),
    UNIQUE (action_id, generated_position),
    FOREIGN KEY (action_id, goal_id, user_id) REFERENCES actions (id, goal_id, user_id) ON DELETE CASCADE
);
-- A task without deadline sorts last, as if it were due at the end of time.
CREATE INDEX tasks_by_deadline ON tasks (user_id, (coalesce(deadline, 'infinity'::date)), id);
CREATE INDEX tasks_by_creation ON tasks (user_id, created_at DESC, id DESC);
CREATE INDEX tasks_by_goal ON tasks (goal_id, action_id);
CREATE INDEX tasks_due ON tasks (user_id, deadline) WHERE status IN ('not_started', 'in_progress');

CREATE TABLE task_notes (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL,
    task_id    uuid NOT NULL,
    body       text NOT NULL CHECK (length(body) BETWEEN 1 AND 5000),
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);
CREATE INDEX task_notes_listing ON task_notes (task_id, created_at, id);

CREATE TABLE task_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     uuid NOT NULL,
    task_id     uuid NOT NULL,
    from_status text NOT NULL,
    to_status   text NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);
CREATE INDEX task_history_listing ON task_history (task_id, id DESC);

CREATE TABLE saved_views (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    filter     jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT saved_views_name UNIQUE (user_id, name)
);

CREATE TABLE reflections (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL,
    goal_id    uuid NOT NULL,
    summary    text NOT NULL CHECK (length(summary) BETWEEN 1 AND 5000),
    regretful  text NOT NULL DEFAULT '' CHECK (length(regretful) <= 5000),
    slow       text NOT NULL DEFAULT '' CHECK (length(slow) <= 5000),
    untouched  text NOT NULL DEFAULT '' CHECK (length(untouched) <= 5000),
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (goal_id, user_id) REFERENCES goals (id, user_id) ON DELETE CASCADE
);
CREATE INDEX reflections_listing ON reflections (user_id, created_at DESC, id DESC);
CREATE INDEX reflections_listing_goal ON reflections (goal_id, created_at DESC, id DESC);

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['goals', 'sub_goals', 'actions', 'tasks', 'task_notes',
        'task_history', 'saved_views', 'reflections'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO goal_mandala_app USING (user_id = (SELECT app_user_id())) '
            'WITH CHECK (user_id = (SELECT app_user_id()))', name || '_own', name);
        IF name = 'task_history' THEN
            EXECUTE format('GRANT SELECT, INSERT ON %I TO goal_mandala_app', name);
        ELSE
            EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_row()',
                name || '_touch', name);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO goal_mandala_app', name);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'migrations go forward only'; END $$;
-- +goose StatementEnd
