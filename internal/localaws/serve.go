package localaws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// errStopped ends Serve's group without being an error of Serve.
var errStopped = errors.New("stopped")

// Serve is the server of the instance in dir: it runs the emulator and the
// proxy until ctx is done, its owner is gone or the emulator ends. It logs to
// standard error, which Up leads to the proxy's log. Without an Up before it,
// it takes its settings from options.
func Serve(ctx context.Context, dir string, options Options) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("creating the local AWS's directory", dir, err)
	}
	lock := flock.New(path(dir, serverLock), flock.SetPermissions(0o600))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return failed("another local AWS serves this directory", dir, err)
	}
	defer func() { _ = lock.Unlock() }()

	handover, err := receive(ctx, dir, options)
	if err != nil {
		return err
	}
	if err := serve(ctx, dir, handover, options.Routes, os.Stderr); err != nil {
		return failed("the local AWS failed", dir, err)
	}
	return nil
}

// receive gives what Up handed over, once, or prepares it.
func receive(ctx context.Context, dir string, options Options) (launch, error) {
	var handover launch
	err := readJSON(path(dir, launchFile), &handover)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return prepare(ctx, options)
	case err != nil:
		return launch{}, failed("reading the local AWS's settings", dir, err)
	}
	if err := os.Remove(path(dir, launchFile)); err != nil {
		return launch{}, failed("removing the local AWS's settings", dir, err)
	}
	return handover, nil
}

func serve(ctx context.Context, dir string, handover launch, routes []Route, logs io.Writer) error {
	logger := slog.New(slog.NewTextHandler(logs, nil))
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()

	databases, databaseRoute, listDatabases, err := startDatabases(ctx, logger)
	if err != nil {
		return err
	}
	defer databases.Close()
	moto, err := startEmulator(ctx, dir, handover, listener.Addr().(*net.TCPAddr).Port, databases.Environment())
	if err != nil {
		return err
	}
	defer moto.stop()
	counts := metrics.New(ctx, upstream.New(&url.URL{Scheme: "http", Host: moto.address}), logger)
	defer counts.Close()
	functions, functionRoutes, err := startFunctions(ctx, dir, moto.address, listener.Addr().String(), counts, logger)
	if err != nil {
		return err
	}
	defer functions.Close()
	told, messageRoute := startMessages(ctx, moto.address, listener.Addr().String(), functions, logger)
	defer told.Close()
	planes := startSites(ctx, moto.address, listener.Addr().String(), counts, logger)
	defer planes.close()
	mails, mailRoutes, mailbox := startMail(moto.address, listener.Addr().String(), logger)
	defer mails.Close()
	endpoints := endpointsRoute(append(planes.sources, mailbox, listDatabases)...)

	all := slices.Concat(routes, functionRoutes, planes.routes, mailRoutes, []Route{messageRoute, databaseRoute, endpoints})
	server := &http.Server{
		Handler:           NewProxy(&url.URL{Scheme: "http", Host: moto.address}, all, logger),
		ReadHeaderTimeout: 10 * time.Second,
		// No IdleTimeout: a POST that meets the end of an idle connection
		// fails, so its client is to be the one who ends it.
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return errStopped // whoever closed it has the reason, if there is one
	})
	group.Go(func() error { return watch(ctx, moto, handover.Owner) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Close() // requests in flight have no one to answer them
	})

	self, _ := identify(os.Getpid())
	status := Status{
		Running: true, Healthy: true,
		Address: "http://" + listener.Addr().String(),
		Server:  self, Emulator: moto.process,
		StartedAt: time.Now().UTC(), Version: handover.Version,
	}
	if err := writeJSON(path(dir, statusFile), status); err != nil {
		_ = server.Close()
		return errors.Join(err, group.Wait())
	}
	logger.Info("serving", "address", status.Address, "emulator", moto.process.PID)
	err = group.Wait()
	logger.Info("ending", "reason", err)
	functions.Close()
	counts.Close()
	databases.Close()
	moto.stop()
	if removal := os.Remove(path(dir, statusFile)); removal != nil && !errors.Is(removal, fs.ErrNotExist) {
		logger.Warn("removing the status", "error", removal)
	}
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// watch returns when the instance has to end: with errStopped if that is as
// it should be, with another error if not.
func watch(ctx context.Context, moto *emulator, owner Process) error {
	look := time.NewTicker(ownerInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return errStopped
		case <-moto.ended:
			// Everything it held is lost; a new one would be an empty account.
			return fmt.Errorf("the emulator ended: %w", moto.err)
		case <-look.C:
			if owner.PID != 0 && !owner.alive() {
				return errStopped
			}
		}
	}
}
