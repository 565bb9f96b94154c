package config_test

import (
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

func environment(changes map[string]string) config.Lookup {
	variables := map[string]string{
		"APPLICATION_URL": "https://app.example.com/",
		"CORS_ORIGINS":    "https://app.example.com, http://localhost:5173",
		"DATABASE_HOST":   "db.example.com",
		"DATABASE_NAME":   "goalmandalamain",
		"DATABASE_PORT":   "5432",
		"DATABASE_USER":   "goal_mandala_app",
		"ENVIRONMENT":     "production",
		"LOG_LEVEL":       "WARN",
		"RELEASE":         "v1.2.0",
	}
	maps.Copy(variables, changes)
	return func(name string) (string, bool) { value, found := variables[name]; return value, found }
}

func TestLoadBase(t *testing.T) {
	t.Parallel()
	got, err := config.LoadBase(environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Base{
		ApplicationURL: "https://app.example.com",
		CORSOrigins:    []string{"https://app.example.com", "http://localhost:5173"},
		Environment:    "production",
		Generator:      config.Bedrock,
		LogLevel:       slog.LevelWarn,
		Release:        "v1.2.0",
		SecretsCache:   5 * time.Minute,
		TimeZone:       tokyo,
	}
	sameZone := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, sameZone); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheTimeZone(t *testing.T) {
	t.Parallel()
	base, err := config.LoadBase(environment(map[string]string{"TIME_ZONE": "Europe/Berlin"}))
	if err != nil || base.TimeZone.String() != "Europe/Berlin" {
		t.Errorf("%v, %v", base.TimeZone, err)
	}
	if _, err := config.LoadBase(environment(map[string]string{"TIME_ZONE": "Mars/Olympus"})); err == nil || !strings.Contains(err.Error(), "TIME_ZONE") {
		t.Errorf("a zone that there is not: %v", err)
	}
}

func TestLoadDatabase(t *testing.T) {
	t.Parallel()
	want := config.Database{Host: "db.example.com", Port: 5432, Name: "goalmandalamain", User: "goal_mandala_app", Auth: config.IAM, TLS: true}
	local := want
	local.Auth, local.Password, local.TLS = config.Password, secret.New("p"), false
	for name, test := range map[string]struct {
		changes map[string]string
		want    config.Database
	}{
		"in AWS":  {want: want},
		"locally": {changes: map[string]string{"DATABASE_AUTH": "password", "DATABASE_PASSWORD": "p", "DATABASE_TLS": "disable"}, want: local},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.LoadDatabase(environment(test.changes))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(secret.Value{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changes map[string]string
		named   []string
	}{
		"missing":          {changes: map[string]string{"RELEASE": "", "ENVIRONMENT": "", "DATABASE_HOST": ""}, named: []string{"RELEASE", "ENVIRONMENT", "DATABASE_HOST"}},
		"no URL":           {changes: map[string]string{"APPLICATION_URL": "app.example.com"}, named: []string{"APPLICATION_URL"}},
		"no level":         {changes: map[string]string{"LOG_LEVEL": "LOUD"}, named: []string{"LOG_LEVEL"}},
		"no generator":     {changes: map[string]string{"GENERATOR": "dice"}, named: []string{"GENERATOR"}},
		"no port":          {changes: map[string]string{"DATABASE_PORT": "65536"}, named: []string{"DATABASE_PORT"}},
		"token in clear":   {changes: map[string]string{"DATABASE_TLS": "disable"}, named: []string{"DATABASE_TLS"}},
		"password and IAM": {changes: map[string]string{"DATABASE_PASSWORD": "hunter2"}, named: []string{"DATABASE_PASSWORD"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all strings.Builder
			for _, load := range []func(config.Lookup) error{
				func(lookup config.Lookup) error { _, err := config.LoadBase(lookup); return err },
				func(lookup config.Lookup) error { _, err := config.LoadDatabase(lookup); return err },
			} {
				if err := load(environment(test.changes)); err != nil {
					all.WriteString(err.Error() + "\n")
				}
			}
			for _, name := range test.named {
				if !strings.Contains(all.String(), name) {
					t.Errorf("%s is not named in %q", name, all.String())
				}
			}
			if strings.Contains(all.String(), "hunter2") {
				t.Errorf("a value is told: %q", all.String())
			}
		})
	}
}
