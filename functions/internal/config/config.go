// Package config reads the environment of a function into typed values. What is
// missing or wrong is an error that names the variable, and all of them at once.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Lambda has none

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// Lookup gives an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, found bool)

// Base is what every function is told.
type Base struct {
	ApplicationURL string   // where the frontend is, without a slash at the end
	CORSOrigins    []string // whose pages may call the API; the first is the application's own
	Environment    string   // such as "production"
	Generator      Generator
	LogLevel       slog.Level
	Release        string // such as "v1.2.0"
	SecretsCache   time.Duration
	TimeZone       *time.Location // where the users' days begin
}

// Generator names what makes tasks.
type Generator string

// The generators. Offline needs no network and always gives the same tasks.
const (
	Bedrock Generator = "bedrock"
	Offline Generator = "offline"
)

// Auth is how a function signs in to the database.
type Auth string

// The ways: IAM gives a token for each new connection, Password is for local use.
const (
	IAM      Auth = "iam"
	Password Auth = "password"
)

// Database is how to reach the database.
type Database struct {
	Host     string
	Port     uint16
	Name     string
	User     string
	Auth     Auth
	Password secret.Value // empty with IAM; a local database may want none
	TLS      bool         // always true with IAM
	CAFile   string       // PEM certificates to trust beside those of Amazon RDS
}

// LoadBase reads what every function is told.
func LoadBase(lookup Lookup) (Base, error) {
	r := reader{lookup: lookup}
	base := Base{
		ApplicationURL: strings.TrimSuffix(r.url("APPLICATION_URL"), "/"),
		CORSOrigins:    r.list("CORS_ORIGINS"),
		Environment:    r.text("ENVIRONMENT"),
		Generator:      Generator(r.choice("GENERATOR", string(Bedrock), string(Offline))),
		Release:        r.text("RELEASE"),
		SecretsCache:   time.Duration(r.number("SECRETS_CACHE_SECONDS", 300, 0, 3600)) * time.Second,
	}
	if err := base.LogLevel.UnmarshalText([]byte(r.optional("LOG_LEVEL", "INFO"))); err != nil {
		r.wrong("LOG_LEVEL", "is no level such as INFO")
	}
	zone, err := time.LoadLocation(r.optional("TIME_ZONE", "Asia/Tokyo"))
	if err != nil {
		r.wrong("TIME_ZONE", "is no name such as Asia/Tokyo")
	}
	base.TimeZone = zone
	return base, r.err()
}

// LoadDatabase reads how to reach the database.
func LoadDatabase(lookup Lookup) (Database, error) {
	r := reader{lookup: lookup}
	database := Database{
		Host:     r.text("DATABASE_HOST"),
		Port:     uint16(r.number("DATABASE_PORT", 5432, 1, 65535)), //nolint:gosec // held to its range
		Name:     r.text("DATABASE_NAME"),
		User:     r.text("DATABASE_USER"),
		Auth:     Auth(r.choice("DATABASE_AUTH", string(IAM), string(Password))),
		Password: secret.New(r.optional("DATABASE_PASSWORD", "")),
		TLS:      r.choice("DATABASE_TLS", "verify-full", "disable") == "verify-full",
		CAFile:   r.optional("DATABASE_CA_FILE", ""),
	}
	if database.Auth == IAM && !database.TLS {
		r.wrong("DATABASE_TLS", "must be verify-full with IAM: the token would go over the network in clear")
	}
	if database.Auth == IAM && !database.Password.Empty() {
		r.wrong("DATABASE_PASSWORD", "is set, but IAM needs none: set DATABASE_AUTH=password, or unset it")
	}
	return database, r.err()
}

// LoadText reads one variable that must be there, such as STATE_MACHINE_ARN.
func LoadText(lookup Lookup, name string) (string, error) {
	r := reader{lookup: lookup}
	return r.text(name), r.err()
}

// reader gathers what is wrong.
type reader struct {
	lookup   Lookup
	problems []error
}

func (r *reader) err() error { return errors.Join(r.problems...) }

func (r *reader) wrong(name, what string) {
	r.problems = append(r.problems, fmt.Errorf("environment variable %s %s", name, what))
}

func (r *reader) optional(name, otherwise string) string {
	if value, found := r.lookup(name); found && value != "" {
		return value
	}
	return otherwise
}

func (r *reader) text(name string) string {
	value := r.optional(name, "")
	if value == "" {
		r.wrong(name, "is missing")
	}
	return value
}

func (r *reader) url(name string) string {
	value := r.text(name)
	if parsed, err := url.Parse(value); value != "" && (err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http") {
		r.wrong(name, "is no URL such as https://app.example.com")
	}
	return value
}

func (r *reader) list(name string) []string {
	var values []string
	for value := range strings.SplitSeq(r.text(name), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

// choice gives the first of the values where the variable is not set.
func (r *reader) choice(name string, values ...string) string {
	value := r.optional(name, values[0])
	for _, allowed := range values {
		if value == allowed {
			return value
		}
	}
	r.wrong(name, "must be one of "+strings.Join(values, ", "))
	return values[0]
}

func (r *reader) number(name string, otherwise, least, most int) int {
	value, err := strconv.Atoi(r.optional(name, strconv.Itoa(otherwise)))
	if err != nil || value < least || value > most {
		r.wrong(name, fmt.Sprintf("must be a number from %d to %d", least, most))
		return otherwise
	}
	return value
}
