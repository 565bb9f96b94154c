package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// traceRoot is the form of a trace's id.
var traceRoot = regexp.MustCompile(`^1-[0-9a-f]{8}-[0-9a-f]{24}$`)

// traceHeader gives the X-Amzn-Trace-Id of an invocation: in the caller's
// trace, if incoming names one, with a segment of its own.
func traceHeader(incoming string, active bool, now time.Time) string {
	root, sampled := "", ""
	for field := range strings.SplitSeq(incoming, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch {
		case key == "Root" && traceRoot.MatchString(value):
			root = value
		case key == "Sampled" && (value == "0" || value == "1"):
			sampled = value
		}
	}
	if root == "" {
		root = fmt.Sprintf("1-%08x-%s", now.Unix(), hexadecimal(12))
	}
	if sampled == "" {
		sampled = "0"
		if active {
			sampled = "1"
		}
	}
	return "Root=" + root + ";Parent=" + hexadecimal(8) + ";Sampled=" + sampled
}

// splitTrace takes a header of traceHeader's apart.
func splitTrace(header string) (root, segment string, sampled bool) {
	for field := range strings.SplitSeq(header, ";") {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "Root":
			root = value
		case "Parent":
			segment = value
		case "Sampled":
			sampled = value == "1"
		}
	}
	return root, segment, sampled
}

// hexadecimal gives n random bytes.
func hexadecimal(n int) string {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes) // never fails
	return hex.EncodeToString(bytes)
}

// requestID gives a UUID of version 4.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
