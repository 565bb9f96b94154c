package workflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// Database runs transactions of a user, and says whose an execution is.
type Database interface {
	Read(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
	ExecutionOwner(ctx context.Context, execution domain.ID) (domain.ID, error)
}

// brief is a database that is connected to for each transaction alone. A workflow runs
// dozens of instances of its functions at a time, and each would keep a connection of
// the 50 that there are (R6.2): while a model is asked, and frozen between invocations.
type brief struct {
	open func(context.Context) (*store.DB, error)
}

func (b brief) with(ctx context.Context, do func(*store.DB) error) error {
	db, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db)
}

func (b brief) Read(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error {
	return b.with(ctx, func(db *store.DB) error { return db.Read(ctx, user, do) })
}

func (b brief) Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error {
	return b.with(ctx, func(db *store.DB) error { return db.Write(ctx, user, do) })
}

func (b brief) ExecutionOwner(ctx context.Context, execution domain.ID) (owner domain.ID, err error) {
	err = b.with(ctx, func(db *store.DB) error {
		owner, err = db.ExecutionOwner(ctx, execution)
		return err
	})
	return owner, err
}

// Environment is what a function of the workflow is set up from.
type Environment struct {
	Base     config.Base
	Database Database
	Logger   *slog.Logger
}

// SetUp reads the environment of the function with that name. Nothing is connected yet.
func SetUp(ctx context.Context, lookup config.Lookup, function string) (Environment, error) {
	base, baseErr := config.LoadBase(lookup)
	settings, databaseErr := config.LoadDatabase(lookup)
	if err := errors.Join(baseErr, databaseErr); err != nil {
		return Environment{}, err
	}
	options, err := connect.Options(ctx, settings, function, store.WorkflowTimeout)
	if err != nil {
		return Environment{}, err
	}
	return Environment{
		Base:     base,
		Database: brief{open: func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, options) }},
		Logger:   telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel}),
	}, nil
}

// NewService makes the Service of the state machine that the environment names.
func NewService(ctx context.Context, lookup config.Lookup, database Database, logger *slog.Logger) (Service, error) {
	machine, err := config.LoadText(lookup, "STATE_MACHINE_ARN")
	if err != nil {
		return Service{}, err
	}
	settings, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return Service{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return Service{Database: database, Steps: sfn.NewFromConfig(settings), StateMachineARN: machine, Clock: time.Now, Logger: logger}, nil
}
