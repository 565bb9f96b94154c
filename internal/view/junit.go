package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitMessage `xml:"failure,omitempty"`
	Error     *junitMessage `xml:"error,omitempty"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a verification as JUnit XML: a suite per area. A check that failed is a
// failure, one that is unknown an error.
func JUnit(w io.Writer, v *engine.Verification) error {
	document := junitSuites{Name: "verify " + v.Environment, Tests: len(v.Checks), Time: fmt.Sprintf("%.3f", v.Seconds),
		Failures: len(v.NotPassed(engine.CheckFailed)), Errors: len(v.NotPassed(engine.CheckUnknown))}
	for _, area := range areasOf(v) {
		checks, _ := ofArea(v, area)
		suite := junitSuite{Name: area, Tests: len(checks)}
		for _, c := range checks {
			one := junitCase{Name: c.ID, ClassName: "verify." + area, Time: fmt.Sprintf("%.3f", c.Seconds), Output: strings.Join(append([]string{c.Title, "proves " + strings.Join(c.Requirements, ", ")}, c.Evidence...), "\n")}
			message := &junitMessage{Message: c.Reason, Text: c.Remedy}
			switch c.Result {
			case engine.CheckFailed:
				suite.Failures++
				one.Failure = message
			case engine.CheckUnknown:
				suite.Errors++
				one.Error = message
			case engine.CheckPassed:
			}
			suite.Cases = append(suite.Cases, one)
		}
		document.Suites = append(document.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
