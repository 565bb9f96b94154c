// Package rds is the data plane of RDS in the local AWS: behind each Aurora or
// RDS PostgreSQL cluster of the emulator stands a PostgreSQL server, and behind
// each snapshot a copy of one.
package rds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/postgres"
)

// EndpointsVariable tells the emulator where the clusters' sockets are; a patch of
// the emulator, 280_rds_local_endpoint, reads it.
const EndpointsVariable = "MANDALA_LOCAL_DATABASES"

// startTimeout bounds the start of a server; a busy machine takes seconds.
const startTimeout = time.Minute

// Plane runs the databases of one local AWS.
type Plane struct {
	dir     string // private to the user; "" without PostgreSQL
	missing error  // why there is none
	logger  *slog.Logger
	janitor io.Closer

	mu        sync.Mutex // held while anything changes: a start takes a second
	closed    bool
	clusters  map[key]*cluster
	snapshots map[key]string // data directories
	sequence  int
}

// key is what has a name in a region.
type key struct{ region, name string }

// cluster is one of the emulator's and what stands behind it.
type cluster struct {
	server   *postgres.Server // nil if there is none
	err      error            // why
	database string           // "" if the cluster was created without one
	user     string
	port     int
}

// New makes a plane. Where PostgreSQL is not installed, clusters have nothing
// behind them, which the log and Databases say.
func New(ctx context.Context, logger *slog.Logger) (*Plane, error) {
	p := &Plane{logger: logger, clusters: map[key]*cluster{}, snapshots: map[key]string{}}
	if _, err := postgres.Find(ctx); err != nil {
		p.missing = err
		return p, nil
	}
	dir, err := postgres.Directory("", "mandala-rds-")
	if err != nil {
		return nil, err
	}
	if p.janitor, err = postgres.Vanish(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.dir = dir
	return p, nil
}

// Environment gives what the emulator has to be told, "NAME=value" lines.
func (p *Plane) Environment() []string {
	if p.dir == "" {
		return nil
	}
	return []string{EndpointsVariable + "=" + p.dir}
}

// Database is a cluster as it can be reached.
type Database struct {
	Cluster string
	URL     string // "postgresql://…", which psql and pgx take; "" if nothing stands behind it
	Err     error  // why
}

// Databases lists the clusters by name.
func (p *Plane) Databases() []Database {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Database
	for k, c := range p.clusters {
		database := Database{Cluster: k.name, Err: c.err}
		if c.server != nil {
			query := url.Values{"host": {p.endpoint(k)}, "port": {strconv.Itoa(c.port)}}
			database.URL = "postgresql://" + url.PathEscape(c.user) + "@/" + url.PathEscape(c.database) + "?" + strings.ReplaceAll(query.Encode(), "%2F", "/")
		}
		all = append(all, database)
	}
	slices.SortFunc(all, func(a, b Database) int { return strings.Compare(a.Cluster, b.Cluster) })
	return all
}

// Close ends every server and removes all data. Calls after the first do nothing.
func (p *Plane) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	var all sync.WaitGroup
	for _, c := range p.clusters {
		if c.server != nil {
			all.Go(c.server.Stop)
		}
	}
	all.Wait()
	if p.janitor != nil {
		if err := p.janitor.Close(); err != nil {
			p.logger.Warn("removing the databases", "error", err)
		}
	}
}

// endpoint is the host of a cluster: a link to its server's directory, so that a
// cluster can get another name. The patch of the emulator computes the same.
func (p *Plane) endpoint(k key) string {
	sum := sha256.Sum256([]byte(k.region + "/" + k.name))
	return filepath.Join(p.dir, hex.EncodeToString(sum[:5]))
}

// create puts a server behind a cluster, with the data of a snapshot or, where
// from is "", with the database and the user that were asked for. A failure is kept
// for whoever looks: the cluster itself exists by then.
func (p *Plane) create(ctx context.Context, k key, c *cluster, from string) {
	if _, again := p.clusters[k]; again || p.closed {
		return
	}
	p.clusters[k] = c
	if p.missing != nil {
		c.err = p.missing
	} else {
		c.server, c.err = p.start(ctx, k, c, from)
	}
	if c.err != nil {
		p.logger.Warn("no database stands behind the cluster", "cluster", k.name, "error", c.err)
		return
	}
	p.logger.Info("database started", "cluster", k.name, "host", p.endpoint(k))
}

func (p *Plane) start(ctx context.Context, k key, c *cluster, from string) (*postgres.Server, error) {
	// The request may be broken off; the cluster stays.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	fresh := from == ""
	if fresh {
		template := filepath.Join(p.dir, "template")
		if _, err := os.Stat(template); err != nil {
			if err := postgres.Initialize(ctx, template, administrator); err != nil {
				return nil, errors.Join(err, os.RemoveAll(template))
			}
		}
		from = template
	}
	server, err := postgres.Start(ctx, postgres.Options{
		Superuser: administrator, Parent: p.dir, From: from, Port: c.port, Settings: postgres.Copyable(),
	})
	if err != nil {
		return nil, err
	}
	if fresh {
		err = furnish(ctx, server.Address("postgres", administrator), c)
	}
	if err = errors.Join(err, os.Symlink(server.Directory, p.endpoint(k))); err != nil {
		server.Stop()
		return nil, err
	}
	return server, nil
}

// rename gives a cluster another name.
func (p *Plane) rename(from, to key) {
	c, found := p.clusters[from]
	if !found || from == to {
		return
	}
	delete(p.clusters, from)
	p.clusters[to] = c
	if c.server == nil {
		return
	}
	if err := os.Rename(p.endpoint(from), p.endpoint(to)); err != nil {
		p.logger.Warn("moving a database", "cluster", to.name, "error", err)
	}
}

// remove ends the server of a cluster that is no more.
func (p *Plane) remove(k key) {
	c, found := p.clusters[k]
	if !found {
		return
	}
	delete(p.clusters, k)
	if c.server == nil {
		return
	}
	if err := os.Remove(p.endpoint(k)); err != nil {
		p.logger.Warn("removing a database", "cluster", k.name, "error", err)
	}
	c.server.Stop()
	p.logger.Info("database removed", "cluster", k.name)
}

// copyOf copies the data of a cluster; the path is "" for one that has none.
func (p *Plane) copyOf(ctx context.Context, k key) (string, error) {
	c, found := p.clusters[k]
	switch {
	case !found || p.missing != nil:
		return "", nil
	case c.server == nil:
		return "", fmt.Errorf("no database stands behind cluster %s: %w", k.name, c.err)
	}
	data := p.place()
	return data, c.server.Copy(ctx, data)
}

// duplicate copies a snapshot; the path is "" for one that has no data.
func (p *Plane) duplicate(ctx context.Context, k key) (string, error) {
	if p.snapshots[k] == "" {
		return "", nil
	}
	data := p.place()
	return data, postgres.CopyData(ctx, p.snapshots[k], data)
}

// place gives the path of a new data directory.
func (p *Plane) place() string {
	p.sequence++
	return filepath.Join(p.dir, "copy-"+strconv.Itoa(p.sequence))
}

// discard removes a data directory; "" is none.
func (p *Plane) discard(data string) {
	if data == "" {
		return
	}
	if err := os.RemoveAll(data); err != nil {
		p.logger.Warn("removing a copy of a database", "error", err)
	}
}
