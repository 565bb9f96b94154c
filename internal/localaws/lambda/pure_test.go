package lambda

import (
	"bytes"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, qualifier string
		want            name
		ok              bool
	}{
		{"f", "", name{"here", "f", ""}, true},
		{"f", "live", name{"here", "f", "live"}, true},
		{"f:2", "live", name{"here", "f", "2"}, true},
		{"123456789012:function:f", "", name{"here", "f", ""}, true},
		{"123456789012:function:f:live", "", name{"here", "f", "live"}, true},
		{"arn:aws:lambda:there:123456789012:function:f", "", name{"there", "f", ""}, true},
		{"arn:aws:lambda:there:123456789012:function:f:live", "", name{"there", "f", "live"}, true},
		{"arn:aws:lambda:there:123456789012:function:f:live:on", "", name{"there", "f", "live:on"}, false},
		{"", "", name{"here", "", ""}, false},
		{":1", "", name{"here", "", "1"}, false},
	}
	for _, tt := range tests {
		got, ok := parseName(tt.text, tt.qualifier, "here")
		if got != tt.want || ok != tt.ok {
			t.Errorf("parseName(%q, %q) = %+v, %v", tt.text, tt.qualifier, got, ok)
		}
	}
}

func TestWhatIsWatched(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]bool{
		"POST /2015-03-31/functions lambda":                       true,
		"PUT /2015-03-31/functions/f/code lambda":                 true,
		"GET /2015-03-31/functions/f lambda":                      false,
		"DELETE /2015-03-31/functions/arn%3Aaws%3Alambda/ lambda": true,
		"POST /2015-03-31/event-source-mappings lambda":           false,
		"POST / sns":                   false,
		"POST / sqs":                   false,
		"PUT /2015-03-31/functions s3": false,
		"POST /service/GraniteServiceVersion20100801/operation/Set": false,
	} {
		parts := strings.Fields(request)
		r := httptest.NewRequestWithContext(t.Context(), parts[0], parts[1], nil)
		if len(parts) == 3 {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/here/"+parts[2]+"/aws4_request, SignedHeaders=host")
		}
		if got := IsWatched(r); got != want {
			t.Errorf("%s: watched %v", request, got)
		}
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	a := alias{FunctionVersion: "1"}
	a.RoutingConfig.AdditionalVersionWeights = map[string]float64{"3": 0.2, "2": 0.1}
	counts := map[string]int{}
	for i := range 1000 {
		counts[a.pick((float64(i)+0.5)/1000)]++
	}
	if diff := cmp.Diff(map[string]int{"1": 700, "2": 100, "3": 200}, counts); diff != "" {
		t.Errorf("shares of 1000 (-want +got):\n%s", diff)
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines []string
	o, err := newOutput(func(text string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, text)
	})
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(o.read)
	long := strings.Repeat("x", maxLine)
	for _, text := range []string{"one\ntw", "o\n\nrest", long + "y\n"} {
		if _, err := o.writer.WriteString(text); err != nil {
			t.Fatal(err)
		}
		o.drain()
		lines = append(lines, "|")
	}
	o.drain()
	o.close()
	reading.Wait()
	if diff := cmp.Diff([]string{"one", "tw", "|", "o", "", "rest", "|", long, "y", "|"}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%.2000s", diff)
	}
	o.drain() // after the end it returns at once
}

func TestTail(t *testing.T) {
	t.Parallel()
	var whole bytes.Buffer
	logs := &tail{}
	for i := range 1000 {
		line := strings.Repeat(string(rune('a'+i%26)), i%97)
		logs.add(line)
		whole.WriteString(line + "\n")
	}
	if want := whole.Bytes()[whole.Len()-maxTail:]; !bytes.Equal(want, logs.last()) {
		t.Errorf("the tail is not the end of the logs")
	}
	if len(logs.text) > 4*maxTail {
		t.Errorf("%d bytes are kept", len(logs.text))
	}
}

func TestTraceHeader(t *testing.T) {
	t.Parallel()
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	header := traceHeader("Root="+root+";Parent=53995c3f42cd8ad8;Sampled=1", false, testTime)
	if got, segment, sampled := splitTrace(header); got != root || segment == "53995c3f42cd8ad8" || len(segment) != 16 || !sampled {
		t.Errorf("in the caller's trace: %s", header)
	}
	for _, incoming := range []string{"", "Root=forged\r\n", "nonsense"} {
		header := traceHeader(incoming, false, testTime)
		if got, _, sampled := splitTrace(header); !traceRoot.MatchString(got) || sampled {
			t.Errorf("%q gives %q", incoming, header)
		}
	}
}

func TestBilledTime(t *testing.T) {
	t.Parallel()
	r := report{duration: 1_200_000, init: 300_000} // nanoseconds
	if got := r.billed(); got != int64(math.Ceil(1.5)) {
		t.Errorf("billed %d ms", got)
	}
}

var testTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
