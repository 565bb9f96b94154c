package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const application = "https://app.example.com"

// At ten in the morning in Japan.
var now = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)

// manager is Secrets Manager with one key.
type manager struct{}

func (manager) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(strings.Repeat("k", 43))}, nil
}

// mailbox is SES: it keeps mails, unless refuse gives an error.
type mailbox struct {
	t      *testing.T
	lock   sync.Mutex
	mails  []letter
	calls  int
	refuse func(to string, call int) error
}

// letter is a mail that was read back.
type letter struct {
	To, Subject, Text, HTML, Token, OneClick string
}

func (m *mailbox) SendRawEmail(_ context.Context, input *ses.SendRawEmailInput, _ ...func(*ses.Options)) (*ses.SendRawEmailOutput, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.calls++
	if m.refuse != nil {
		if err := m.refuse(input.Destinations[0], m.calls); err != nil {
			return nil, err
		}
	}
	read, err := readMail(input.RawMessage.Data)
	if err != nil || aws.ToString(input.ConfigurationSetName) != "set" || aws.ToString(input.Source) != "no-reply@example.com" || !strings.Contains(read.To, input.Destinations[0]) {
		m.t.Errorf("no mail that SES takes: %+v, %v", input, err)
	}
	m.mails = append(m.mails, read)
	return &ses.SendRawEmailOutput{MessageId: aws.String(fmt.Sprintf("message-%d", m.calls))}, nil
}

func readMail(raw []byte) (letter, error) {
	message, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return letter{}, err
	}
	_, token, _ := strings.Cut(strings.Trim(message.Header.Get("List-Unsubscribe"), "<>"), application+"/api/unsubscribe?token=")
	read := letter{To: message.Header.Get("To"), Token: token, OneClick: message.Header.Get("List-Unsubscribe-Post")}
	if read.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return letter{}, err
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return letter{}, err
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for _, target := range []*string{&read.Text, &read.HTML} {
		part, err := parts.NextPart()
		if err != nil {
			return letter{}, err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return letter{}, err
		}
		*target = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return read, nil
}

// recipients are whom mails went to, in order.
func (m *mailbox) recipients() []string {
	m.lock.Lock()
	defer m.lock.Unlock()
	to := []string{}
	for _, mail := range m.mails {
		parsed, err := netmail.ParseAddress(mail.To)
		if err != nil {
			m.t.Error(err)
			continue
		}
		to = append(to, parsed.Address)
	}
	slices.Sort(to)
	return to
}

// fixture is the function before a database of the test's own.
type fixture struct {
	*handler
	t     *testing.T
	db    *store.DB
	owner *pgx.Conn
	box   *mailbox
	log   *bytes.Buffer
	next  []continuation
	links unsubscribe.Tokens
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	database := pgtest.New(t)
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{}, StatementTimeout: 5 * time.Second, Connections: 1, // as in Lambda
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Close(context.WithoutCancel(t.Context())) })
	clock := func() time.Time { return now }
	f := &fixture{t: t, db: db, owner: owner, box: &mailbox{t: t}, log: &bytes.Buffer{}}
	keys := secret.NewReader(manager{}, time.Hour, clock)
	f.links = unsubscribe.Tokens{Present: keys, Previous: keys, SecretID: "arn", Clock: clock}
	logger := slog.New(slog.NewJSONHandler(f.log, nil))
	router := httpapi.New(httpapi.Options{Function: function, Logger: logger, Metrics: telemetry.NewMetrics(io.Discard, clock), Clock: clock})
	page{database: db, language: "ja", links: f.links}.routes(router)
	apispec.Watch(t, function, router)
	f.handler = &handler{
		feedback: feedback{database: db, logger: logger}, router: router, zone: time.FixedZone("JST", 9*60*60),
		run: run{
			again:  func(_ context.Context, next continuation) error { f.next = append(f.next, next); return nil },
			budget: budget, clock: clock, database: db, logger: logger, page: 2,
			post: post{
				application: application, backoff: time.Millisecond, clock: clock, configurationSet: "set",
				from: netmail.Address{Name: "Goal Mandala", Address: "no-reply@example.com"}, language: "ja", links: f.links, ses: f.box,
			},
		},
	}
	return f
}

func id(n int) domain.ID   { return domain.ID(fmt.Sprintf("018f3c1e-0000-4000-8000-%012d", n)) }
func address(n int) string { return fmt.Sprintf("user-%d@example.com", n) }
func addresses(n ...int) []string {
	all := []string{}
	for _, each := range n {
		all = append(all, address(each))
	}
	return all
}

// user makes a user with a goal of as many sub-goals as there are lists of tasks.
func (f *fixture) user(n int, name string, subGoals ...[]domain.Task) domain.ID {
	f.t.Helper()
	f.write(n, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Provision(ctx, domain.User{Email: address(n), Name: name}); err != nil {
			return err
		}
		goal, err := tx.CreateGoal(ctx, domain.Goal{Title: "Goal", Status: domain.GoalActive})
		if err != nil {
			return err
		}
		for position, tasks := range subGoals {
			subGoal, err := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: goal.ID, Position: position, Title: "Sub-goal"})
			if err != nil {
				return err
			}
			action, err := tx.CreateAction(ctx, domain.Action{GoalID: goal.ID, SubGoalID: subGoal.ID, Title: "Action", Type: domain.Execution})
			if err != nil {
				return err
			}
			for _, task := range tasks {
				task.ActionID = action.ID
				if _, err := tx.CreateTask(ctx, task); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return id(n)
}

func (f *fixture) write(n int, do func(context.Context, *store.Tx) error) {
	f.t.Helper()
	if err := f.db.Write(f.t.Context(), id(n), do); err != nil {
		f.t.Fatal(err)
	}
}

// due makes a task whose deadline is as many days from today.
func due(title string, days int) domain.Task {
	deadline := domain.DateOf(now).AddDays(days)
	return domain.Task{Title: title, Type: domain.Execution, Status: domain.TaskNotStarted, Deadline: &deadline}
}

// many makes users 1 to count with something due.
func (f *fixture) many(count int) {
	f.t.Helper()
	for n := 1; n <= count; n++ {
		f.user(n, "", []domain.Task{due("task", 0)})
	}
}

func (f *fixture) handle(event string) (result, error) {
	f.t.Helper()
	answer, err := f.Handle(f.t.Context(), json.RawMessage(event))
	got, _ := answer.(result)
	return got, err
}

// preference gives whether mail is on, and why not.
func (f *fixture) preference(n int) string {
	f.t.Helper()
	var preference store.ReminderPreference
	f.write(n, func(ctx context.Context, tx *store.Tx) (err error) {
		preference, err = tx.ReminderPreference(ctx)
		return err
	})
	if preference.Enabled {
		return "on"
	}
	return "off: " + string(preference.OffReason)
}

func saved(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsNotUnderstoodSendsNoMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(1)
	for _, event := range []string{
		``, `null`, `[]`, `"schedule"`, `7`,
		`{"Records":[]}`, `{"Records":[{"eventSource":"aws:s3"}]}`, `{"Records":{}}`,
		`{"Records":[{"EventSource":"aws:sns"},{"EventSource":"aws:sqs"}]}`,
		`{"httpMethod":"GET"}`, `{"requestContext":{}}`, `{"httpMethod":"GET","requestContext":{},"Records":[]}`, `{"httpMethod":7,"requestContext":{}}`,
		`{"source":"aws.s3","detail-type":"Object Created"}`, `{"source":7}`,
		`{"source":"goal-mandala.reminder"}`, `{"source":"goal-mandala.reminder","day":"2026-13-01","after":""}`,
		`{"source":"goal-mandala.reminder","day":"2026-11-24","after":"x"}`,
	} {
		if _, err := f.handle(event); !errors.Is(err, errEvent) {
			t.Errorf("%s: %v", event, err)
		}
	}
	if f.box.calls > 0 {
		t.Errorf("%d mails", f.box.calls)
	}
}

func TestASchedulesEventIsAnyObject(t *testing.T) {
	t.Parallel()
	for _, event := range []string{saved(t, "schedule.json"), `{}`, `{"anything": ["else"]}`, `{"source": "by hand"}`} {
		f := newFixture(t)
		f.many(1)
		if got, err := f.handle(event); err != nil || got.Sent != 1 {
			t.Errorf("%s: %+v, %v", event, got, err)
		}
	}
}

func TestSetUpNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := setUp(t.Context(), func(name string) (string, bool) {
		wrong := map[string]string{"MAIL_LANGUAGE": "fr", "TIME_ZONE": "Mars/Olympus"}
		return wrong[name], wrong[name] != ""
	})
	for _, name := range []string{"DATABASE_HOST", "JWT_KEY_SECRET_ARN", "MAIL_CONFIGURATION_SET", "MAIL_FROM", "MAIL_LANGUAGE", "TIME_ZONE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
