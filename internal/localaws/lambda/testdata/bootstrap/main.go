// Bootstrap is a function for tests: it does what its event says, and speaks
// the Lambda Runtime API by itself.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// order is an event.
type order struct {
	Do       string `json:"do"`
	Text     string `json:"text"`     // for log, fail and write
	Function string `json:"function"` // for invoke: its name
	Depth    int    `json:"depth"`    // for invoke: how often on
	Millis   int    `json:"millis"`   // for sleep
	Bytes    int    `json:"bytes"`    // for big
}

func main() {
	if text := os.Getenv("SAY"); text != "" {
		fmt.Println(text)
	}
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(3)
	case "error":
		post(base+"init/error", []byte(`{"errorType":"Config.Missing","errorMessage":"no configuration"}`), nil)
		os.Exit(1)
	}
	for {
		response, err := http.Get(base + "invocation/next")
		if err != nil {
			os.Exit(1)
		}
		event, err := io.ReadAll(response.Body)
		if err != nil {
			os.Exit(1)
		}
		response.Body.Close()
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		answer, failure := handle(event, response.Header)
		if failure != nil {
			body, _ := json.Marshal(map[string]string{"errorType": "Told", "errorMessage": failure.text})
			post(base+"invocation/"+id+"/error", body, http.Header{"Lambda-Runtime-Function-Error-Type": {failure.kind}})
			continue
		}
		post(base+"invocation/"+id+"/response", answer, nil)
	}
}

type failure struct{ kind, text string }

func handle(event []byte, header http.Header) ([]byte, *failure) {
	var o order
	_ = json.Unmarshal(event, &o)
	switch o.Do {
	case "sleep":
		time.Sleep(time.Duration(o.Millis) * time.Millisecond)
	case "log":
		fmt.Println(o.Text)
		fmt.Fprint(os.Stderr, "and to standard error, unfinished")
	case "fail":
		return nil, &failure{"Unhandled", o.Text}
	case "handled":
		return nil, &failure{"Handled", o.Text}
	case "exit":
		os.Exit(o.Depth)
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "big":
		return []byte(`"` + strings.Repeat("x", o.Bytes) + `"`), nil
	case "invoke":
		if o.Depth == 0 {
			return []byte(`"end"`), nil
		}
		o.Depth--
		body, _ := json.Marshal(o)
		return invoke(o.Function, body), nil
	}
	answer, _ := json.Marshal(map[string]any{
		"event": json.RawMessage(event), "pid": os.Getpid(), "env": environment(),
		"arn": header.Get("Lambda-Runtime-Invoked-Function-Arn"), "trace": header.Get("Lambda-Runtime-Trace-Id"),
		"deadline": header.Get("Lambda-Runtime-Deadline-Ms"), "context": header.Get("Lambda-Runtime-Client-Context"),
	})
	return answer, nil
}

// invoke calls another function of this local AWS.
func invoke(function string, event []byte) []byte {
	return post(os.Getenv("AWS_ENDPOINT_URL")+"/2015-03-31/functions/"+function+"/invocations", event, http.Header{
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIA/20260101/" + os.Getenv("AWS_REGION") + "/lambda/aws4_request, SignedHeaders=host, Signature=x"},
	})
}

func environment() map[string]string {
	set := map[string]string{}
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		set[name] = value
	}
	return set
}

func post(url string, body []byte, header http.Header) []byte {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		os.Exit(1)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		os.Exit(1)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return content
}
