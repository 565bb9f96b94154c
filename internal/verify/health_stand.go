package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// isProduction reports whether the catalogue's figures for production hold: other
// environments may be smaller and cheaper. A copy of production is called after it.
func isProduction(s *Subject) bool { return strings.HasPrefix(s.Environment, "prod") }

// standsInTwoZones looks at what must survive the loss of one (property 7).
func standsInTwoZones(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	vpc, err := s.Output("vpc_id")
	if err != nil {
		return nil, err
	}
	found, err := ec2.NewFromConfig(s.AWS).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{{Name: awssdk.String("vpc-id"), Values: []string{vpc}}}})
	if err != nil {
		return nil, err
	}
	zoneOf, zones := map[string]string{}, map[string]bool{}
	for _, subnet := range found.Subnets {
		zoneOf[text(subnet.SubnetId)] = text(subnet.AvailabilityZone)
		zones[text(subnet.AvailabilityZone)] = true
	}
	v.saw("%d subnets in %d zones", len(found.Subnets), len(zones))
	v.must(len(zones) >= 2, "the network's subnets are in %d zone", len(zones))

	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		in := map[string]bool{}
		for _, subnet := range f.subnets() {
			in[zoneOf[subnet]] = true
		}
		v.must(len(in) >= 2, "function %s has subnets in %d zone", f.short, len(in))
	}
	return v.seen, joined(&v, databaseZones(ctx, s, &v))
}

func databaseZones(ctx context.Context, s *Subject, v *verdict) error {
	pages := rds.NewDescribeDBInstancesPaginator(rds.NewFromConfig(s.AWS), &rds.DescribeDBInstancesInput{})
	zones, instances := map[string]bool{}, 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, each := range page.DBInstances {
			if text(each.DBClusterIdentifier) == s.Name() {
				instances++
				zones[text(each.AvailabilityZone)] = true
			}
		}
	}
	v.saw("%d database instances in %d zones", instances, len(zones))
	v.must(instances > 0, "the database has no instance")
	v.must(len(zones) >= min(instances, 2), "the database's %d instances are in %d zone", instances, len(zones))
	if isProduction(s) {
		v.must(instances >= 2, "the database has %d instance: there is none to take over", instances)
	}
	return nil
}

// joined ends a check whose last part may have failed to look.
func joined(v *verdict, err error) error {
	if err != nil {
		return err
	}
	_, err = v.give()
	return err
}

func deploymentIsRecorded(_ context.Context, s *Subject) ([]string, error) {
	var v verdict
	r := s.Deployment
	if r == nil {
		v.must(false, "the environment's bucket has no record of a deployment")
		return v.give()
	}
	v.saw("%s %s: %s by %s since %s, release %q", r.Operation, r.ID, r.Status, r.User, r.StartedAt.Format("2006-01-02 15:04:05Z"), r.Release)
	v.must(r.ID != "" && !r.StartedAt.IsZero(), "the record does not say which run it is and when it began")
	v.must(r.User != "", "the record does not say who deployed")
	v.must(r.Environment == s.Environment, "the record is of environment %q", r.Environment)
	// A deployment may move aliases or the site only.
	v.must(len(r.Layers)+len(r.Phases) > 0, "the record names neither a layer nor a phase")
	under := r.Status == engine.Running // this verification may be a part of it
	v.must(under || !r.EndedAt.IsZero(), "the record does not say when the run ended")
	v.must(under || r.Status == engine.Succeeded, "the last run ended as %s", r.Status)
	v.must(under || !r.Unsettled(), "a layer's Terraform ended without a word: what it created may be in no state")
	if s.Settings.Release.Required {
		v.must(r.Release != "" && r.Manifest != "", "the record does not say which stored release was deployed")
	}
	if s.Settings.Approval.Required && !slices.Contains([]engine.Operation{engine.OperationRollback}, r.Operation) {
		v.must(r.ApprovalDigest != "", "the record does not say which plan was approved")
	}
	if r.Verification != nil {
		v.saw("verified: %s, %d checks passed, %d failed, %d unknown", r.Verification.Result, r.Verification.Passed, len(r.Verification.Failed), len(r.Verification.Unknown))
	}
	if r.Source != nil {
		v.saw("made from commit %s", fmt.Sprint(r.Source.Commit))
	}
	return v.give()
}
