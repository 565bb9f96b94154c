package rds

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// maxRequest bounds the requests that are looked into. Bytes.
const maxRequest = 1 << 20

// IsWatched reports whether the plane wants to see the request on its way to the
// emulator.
func IsWatched(r *http.Request) bool {
	service, _ := upstream.Scope(r)
	return service == "rds" && r.Method == http.MethodPost
}

// Watch gives a handler that passes requests on to the emulator, which alone
// decides whether they are right, and does to the databases what they say.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := upstream.Peek(r, maxRequest)
		if !ok {
			refuse(w, "MalformedInput", "the request is too long or broke off")
			return
		}
		form, err := url.ParseQuery(string(body))
		act, watched := p.actions()[form.Get("Action")]
		if err != nil || !watched {
			next.ServeHTTP(w, r)
			return
		}
		_, region := upstream.Scope(r)
		p.mu.Lock()
		defer p.mu.Unlock()
		act(request{writer: w, next: next, r: r, form: form, region: region})
	})
}

// request is one that is watched.
type request struct {
	writer http.ResponseWriter
	next   http.Handler
	r      *http.Request
	form   url.Values
	region string
}

// key reads a name, or an ARN that ends in one; names are of one case.
func (q request) key(parameter string) key {
	name := strings.ToLower(q.form.Get(parameter))
	if strings.HasPrefix(name, "arn:") {
		// arn:aws:rds:REGION:ACCOUNT:cluster-snapshot:NAME; a name may hold colons.
		if parts := strings.SplitN(name, ":", 7); len(parts) == 7 {
			return key{parts[3], parts[6]}
		}
	}
	return key{q.region, name}
}

// forward asks the emulator and reports whether it did as it was told; done lets
// the plane do its part before the caller learns of it.
func (q request) forward(done func(answer []byte)) bool {
	answer := upstream.Forward(q.next, q.r)
	if answer.Succeeded() {
		done(answer.Body.Bytes())
	}
	answer.Send(q.writer)
	return answer.Succeeded()
}

func (p *Plane) actions() map[string]func(request) {
	return map[string]func(request){
		"CreateDBCluster":               p.createCluster,
		"ModifyDBCluster":               p.modifyCluster,
		"DeleteDBCluster":               p.deleteCluster,
		"CreateDBClusterSnapshot":       p.createSnapshot,
		"CopyDBClusterSnapshot":         p.copySnapshot,
		"DeleteDBClusterSnapshot":       p.deleteSnapshot,
		"RestoreDBClusterFromSnapshot":  p.restoreSnapshot,
		"RestoreDBClusterToPointInTime": p.restoreNow,
	}
}

// described is what the emulator says of a cluster that it made.
type described struct {
	DBClusterIdentifier, Engine, DatabaseName, MasterUsername string
	Port                                                      int
}

// made puts a database behind the cluster of an answer: with the data of from, or
// empty where that is "".
func (p *Plane) made(q request, answer []byte, from string) {
	var d described
	if err := findElement(answer, "DBCluster", &d); err != nil {
		p.logger.Warn("reading the answer about a cluster", "error", err)
		return
	}
	if !strings.HasSuffix(d.Engine, "postgresql") && d.Engine != "postgres" {
		return
	}
	c := &cluster{database: d.DatabaseName, user: d.MasterUsername, port: d.Port}
	if c.user == "" {
		c.user = "postgres"
	}
	p.create(q.r.Context(), key{q.region, strings.ToLower(d.DBClusterIdentifier)}, c, from)
}

// findElement reads the first element of a name.
func findElement(document []byte, name string, into any) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			return decoder.DecodeElement(into, &start)
		}
	}
}

func (p *Plane) createCluster(q request) {
	q.forward(func(answer []byte) { p.made(q, answer, "") })
}

func (p *Plane) restoreSnapshot(q request) {
	// A snapshot without data is of a cluster without a database, or the automated
	// one of a cluster's first minute: empty, too.
	q.forward(func(answer []byte) { p.made(q, answer, p.snapshots[q.key("SnapshotIdentifier")]) })
}

// restoreNow gives what is there now, whichever time was asked for.
func (p *Plane) restoreNow(q request) {
	p.keepCopy(q, q.key("SourceDBClusterIdentifier"), func(answer []byte, data string) {
		p.made(q, answer, data)
		p.discard(data)
	})
}

func (p *Plane) modifyCluster(q request) {
	q.forward(func([]byte) {
		if q.form.Get("NewDBClusterIdentifier") != "" {
			p.rename(q.key("DBClusterIdentifier"), q.key("NewDBClusterIdentifier"))
		}
	})
}

// deleteCluster copies first: of a cluster that is gone there is nothing to copy.
func (p *Plane) deleteCluster(q request) {
	cluster, final := q.key("DBClusterIdentifier"), q.key("FinalDBSnapshotIdentifier")
	if final.name == "" || strings.EqualFold(q.form.Get("SkipFinalSnapshot"), "true") {
		q.forward(func([]byte) { p.remove(cluster) })
		return
	}
	p.keepCopy(q, cluster, func(_ []byte, data string) {
		p.snapshots[final] = data
		p.remove(cluster)
	})
}

func (p *Plane) createSnapshot(q request) {
	p.keepCopy(q, q.key("DBClusterIdentifier"), func(_ []byte, data string) {
		p.snapshots[q.key("DBClusterSnapshotIdentifier")] = data
	})
}

// keepCopy copies a cluster, asks the emulator, and gives the copy to keep if that
// agrees. A copy that fails is the request's failure.
func (p *Plane) keepCopy(q request, cluster key, keep func(answer []byte, data string)) {
	data, err := p.copyOf(q.r.Context(), cluster)
	if err != nil {
		p.logger.Error("copying a database", "cluster", cluster.name, "error", err)
		refuse(q.writer, "InvalidDBClusterStateFault", "The database of cluster "+cluster.name+" could not be copied: "+err.Error())
		return
	}
	if !q.forward(func(answer []byte) { keep(answer, data) }) {
		p.discard(data)
	}
}

func (p *Plane) copySnapshot(q request) {
	source, target := q.key("SourceDBClusterSnapshotIdentifier"), q.key("TargetDBClusterSnapshotIdentifier")
	data, err := p.duplicate(q.r.Context(), source)
	if err != nil {
		p.logger.Error("copying a snapshot", "snapshot", source.name, "error", err)
		refuse(q.writer, "InvalidDBClusterSnapshotStateFault", "Snapshot "+source.name+" could not be copied: "+err.Error())
		return
	}
	if !q.forward(func([]byte) { p.snapshots[target] = data }) {
		p.discard(data)
	}
}

func (p *Plane) deleteSnapshot(q request) {
	q.forward(func([]byte) {
		snapshot := q.key("DBClusterSnapshotIdentifier")
		p.discard(p.snapshots[snapshot])
		delete(p.snapshots, snapshot)
	})
}

// refuse answers an error as RDS words it.
func refuse(w http.ResponseWriter, code, message string) {
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(message)) // a buffer takes everything
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>`+
		code+`</Code><Message>`+text.String()+`</Message></Error><RequestId>local</RequestId></ErrorResponse>`)
}
