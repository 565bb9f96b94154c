package cli

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/verify"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type verifyOptions struct {
	areas        []string
	junit        string
	probe        bool
	drill        string
	traceability bool
}

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify ENV",
		Short: "Prove, by looking at what is deployed, that it is as the requirements say",
		Long: `verify reads what really stands, through AWS's APIs and over HTTP and never from a
state, and holds it to the requirements. A check that cannot be made is unknown,
says why, and counts as not passed: then the exit code is 3. It changes nothing,
but for --drill alarm, which sets an alarm off, waits until the channel was told,
and sets it back.`,
		Example: `  mandala-deploy verify production
  mandala-deploy verify staging --area health,monitoring --junit verification.xml
  mandala-deploy verify local --probe --json | jq '.checks[] | select(.result != "passed")'
  mandala-deploy verify production --drill alarm
  mandala-deploy verify production --traceability`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return a.verify(cmd, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.areas, "area", nil, "only these areas: "+strings.Join(verify.Areas(), ", "))
	flags.StringVar(&o.junit, "junit", "", "write the results as JUnit XML into this file, too")
	flags.BoolVar(&o.probe, "probe", false, "measure the API by a bounded series of requests instead of reading CloudWatch")
	flags.StringVar(&o.drill, "drill", "", "alarm: set an alarm off and wait for its arrival")
	flags.BoolVar(&o.traceability, "traceability", false, "show each requirement with its checks and their results")
	return cmd
}

func (o verifyOptions) validate() error {
	for _, area := range o.areas {
		if err := verify.KnownAreas([]string{area}); err != nil {
			for _, each := range problem.Find(err) {
				each.What += didYouMean(area, verify.Areas())
			}
			return err
		}
	}
	if o.drill != "" && o.drill != "alarm" {
		return &problem.Error{Code: problem.UnknownDrill, Where: problem.Location{Flag: "--drill"}, What: fmt.Sprintf("there is no drill %q", o.drill)}
	}
	return nil
}

func (a *app) verify(cmd *cobra.Command, name string, o verifyOptions) error {
	e, err := a.engine(cmd.Context(), name)
	if err != nil {
		return err
	}
	result, err := e.Verify(cmd.Context(), engine.VerifyOptions{Areas: o.areas, Probe: o.probe, DrillAlarm: o.drill == "alarm"})
	if err != nil {
		return err
	}
	if err := cmd.Context().Err(); err != nil {
		return &problem.Error{Code: problem.Interrupted, What: "the verification was interrupted", Err: problem.ErrInterrupted}
	}
	if o.junit != "" {
		var document bytes.Buffer
		if err := view.JUnit(&document, result); err != nil {
			return err
		}
		if err := os.WriteFile(o.junit, document.Bytes(), 0o600); err != nil {
			return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--junit"}, What: "the results cannot be written", Err: err}
		}
	}
	var failure error
	if !result.Passed() {
		failure = &problem.Error{Code: problem.NotVerified, What: fmt.Sprintf("environment %s: %d of %d checks did not pass", name, len(result.NotPassed("")), len(result.Checks))}
	}
	switch {
	case a.flags.json && o.traceability:
		err = view.WriteJSON(a.Stdout, view.TraceabilityForJSON(result, verify.Requirements()))
	case a.flags.json:
		document := view.VerificationForJSON(result)
		document.Errors = view.ErrorsForJSON(failure)
		err = view.WriteJSON(a.Stdout, document)
	case o.traceability:
		view.Traceability(a.Stdout, result, verify.Requirements(), a.palette(a.Stdout))
	default:
		view.Verification(a.Stdout, result, a.palette(a.Stdout))
	}
	if err != nil || failure == nil {
		return err
	}
	view.Failure(a.Stderr, failure, a.palette(a.Stderr))
	return &reportedError{failure}
}
