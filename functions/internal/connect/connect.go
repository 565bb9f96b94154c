// Package connect opens the database as a function's configuration says: with IAM and
// the authorities of RDS in AWS, with a password locally.
package connect

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	settings "github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/rdsauth"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// perProcess is how many connections a function's instance opens: it serves one
// request at a time, and all instances together may have 50 (R6.2).
const perProcess = 1

// Database opens the database for the function with that name; timeout ends each
// statement (store.APITimeout or store.WorkflowTimeout). Nothing is connected yet.
func Database(ctx context.Context, database settings.Database, function string, timeout time.Duration) (*store.DB, error) {
	options, err := Options(ctx, database, function, timeout)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, options)
}

// Options are what Database opens the database with, for who opens it more than once:
// the authorities of RDS and the AWS configuration are read here.
func Options(ctx context.Context, database settings.Database, function string, timeout time.Duration) (store.Options, error) {
	options := store.Options{
		Host: database.Host, Port: database.Port, Database: database.Name, User: database.User,
		Auth:             store.StaticPassword{Value: database.Password},
		Application:      function,
		StatementTimeout: timeout,
		Connections:      perProcess,
	}
	if database.Auth == settings.IAM {
		aws, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return store.Options{}, fmt.Errorf("load the AWS configuration: %w", err)
		}
		options.Auth = rdsauth.Tokens{Host: database.Host, Port: database.Port, Region: aws.Region, User: database.User, Credentials: aws.Credentials}
	}
	if database.TLS {
		var extra []byte
		if database.CAFile != "" {
			var err error
			if extra, err = os.ReadFile(database.CAFile); err != nil {
				return store.Options{}, fmt.Errorf("read DATABASE_CA_FILE: %w", err)
			}
		}
		var err error
		if options.TLS, err = rdsauth.TLS(database.Host, extra); err != nil {
			return store.Options{}, err
		}
	}
	return options, nil
}
