package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// maxTail is how much of the logs an answer carries. Bytes; AWS's limit.
const maxTail = 4096

// tail is the end of what one invocation logged.
type tail struct{ text []byte }

func (t *tail) add(line string) {
	t.text = append(append(t.text, strings.TrimSuffix(line, "\n")...), '\n')
	if len(t.text) > 4*maxTail {
		t.text = append(t.text[:0], t.last()...)
	}
}

func (t *tail) last() []byte { return t.text[max(0, len(t.text)-maxTail):] }

// report is what AWS says about an invocation in its log.
type report struct {
	fn       *function
	id       string
	trace    string
	begin    time.Time
	duration time.Duration
	init     time.Duration // 0 for a process that had run before
	memoryMB int
}

// record is a line of the platform in a JSON log.
type record struct {
	Time   string `json:"time"`
	Type   string `json:"type"`
	Record any    `json:"record"`
}

func (r report) isJSON() bool { return r.fn.systemLevel != "" }

// silent says whether the function's system log level leaves START and the
// REPORT of a success out.
func (r report) silent() bool { return r.fn.systemLevel == "WARN" }

func line(at time.Time, kind string, content any) string {
	text, err := json.Marshal(record{at.UTC().Format("2006-01-02T15:04:05.000Z"), kind, content})
	if err != nil { // plain maps always encode
		return "{}"
	}
	return string(text)
}

// startLine is the line before an invocation's own.
func (r report) startLine(at time.Time) string {
	if r.isJSON() {
		return line(at, "platform.start", map[string]any{"requestId": r.id, "version": r.fn.version, "functionArn": r.fn.arn})
	}
	return "START RequestId: " + r.id + " Version: " + r.fn.version
}

// finish logs what comes after an invocation's own lines.
func (r report) finish(s *sandbox, result outcome) {
	now := time.Now()
	for _, text := range r.lines(now, result) {
		s.log(now, text)
	}
}

// lines are the reason of a failure that is not the function's own, END and
// REPORT.
func (r report) lines(now time.Time, result outcome) []string {
	switch {
	case r.silent() && result.status == "success":
		return nil
	case r.isJSON():
		return []string{r.jsonReport(now, result)}
	}
	var lines []string
	switch {
	case result.status == "timeout":
		lines = append(lines, now.UTC().Format("2006-01-02T15:04:05.000Z")+" "+r.id+" "+timeoutText(r.fn.timeout))
	case strings.HasPrefix(result.kind, "Runtime.") && result.failure != "":
		var described struct {
			Message string `json:"errorMessage"`
		}
		if json.Unmarshal(result.payload, &described) == nil {
			lines = append(lines, described.Message, result.kind)
		}
	}
	return append(lines, "END RequestId: "+r.id, r.textReport(result))
}

func (r report) textReport(result outcome) string {
	text := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		r.id, milliseconds(r.duration), r.billed(), r.fn.memoryMB, r.memoryMB)
	if r.init > 0 {
		text += fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(r.init))
	}
	switch result.status {
	case "timeout":
		text += "Status: timeout"
	case "error":
		text += "Status: error\tError Type: " + result.kind
	}
	if root, segment, sampled := splitTrace(r.trace); sampled {
		text += "\nXRAY TraceId: " + root + "\tSegmentId: " + segment + "\tSampled: true\t"
	}
	return text
}

func (r report) jsonReport(now time.Time, result outcome) string {
	metrics := map[string]any{
		"durationMs":       round(milliseconds(r.duration)),
		"billedDurationMs": r.billed(),
		"memorySizeMB":     r.fn.memoryMB,
		"maxMemoryUsedMB":  r.memoryMB,
	}
	if r.init > 0 {
		metrics["initDurationMs"] = round(milliseconds(r.init))
	}
	content := map[string]any{"requestId": r.id, "metrics": metrics, "status": result.status}
	if result.status == "error" {
		content["errorType"] = result.kind
	}
	if root, segment, sampled := splitTrace(r.trace); sampled {
		content["tracing"] = map[string]any{"spanId": segment, "type": "X-Amzn-Trace-Id", "value": "Root=" + root + ";Parent=" + segment + ";Sampled=1"}
	}
	return line(now, "platform.report", content)
}

// billed is what AWS would charge for: whole milliseconds, the start included.
func (r report) billed() int64 {
	return int64(math.Ceil(milliseconds(r.duration + r.init)))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func round(value float64) float64 { return math.Round(value*1000) / 1000 }

// refuse is the whole of an invocation whose process could not be started.
func (p *Plane) refuse(fn *function, inv *invocation, refusal *startError) (outcome, []byte) {
	result := failed(refusal.kind, inv.id, refusal.message)
	now := time.Now()
	r := report{fn: fn, id: inv.id, trace: inv.trace}
	s := &sandbox{fn: fn, plane: p, stream: streamName(fn, now)} // for its log stream
	logs := &tail{}
	for _, text := range append([]string{r.startLine(now)}, r.lines(now, result)...) {
		logs.add(text)
		p.shipper.add(event{sandbox: s, at: now, text: text})
	}
	p.shipper.forget(s)
	return result, logs.last()
}
