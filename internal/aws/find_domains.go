package aws

import (
	"context"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// readWebACL looks in the region of the scope: what stands before CloudFront
// is in us-east-1.
func (c *Client) readWebACL(ctx context.Context, values planned) (object, error) {
	name, scope := values.text("name"), waftypes.Scope(values.text("scope"))
	firewall := c.firewall
	if scope == waftypes.ScopeCloudfront && c.east != nil {
		firewall = c.east.firewall
	}
	input := &wafv2.ListWebACLsInput{Scope: scope}
	for {
		page, err := firewall.ListWebACLs(ctx, input)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.WebACLs {
			if awssdk.ToString(each.Name) != name {
				continue
			}
			listing, err := firewall.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: each.ARN})
			if err != nil {
				return object{}, err
			}
			tags := tagMap(listing.TagInfoForResource.TagList, func(t waftypes.Tag) (key, value *string) { return t.Key, t.Value })
			id := awssdk.ToString(each.Id)
			return object{importID: id + "/" + name + "/" + string(scope), number: id, tags: tags}, nil
		}
		if input.NextMarker = page.NextMarker; awssdk.ToString(input.NextMarker) == "" {
			return object{}, errAbsent
		}
	}
}

// listCertificates passes over those that can no longer be issued.
func (c *Client) listCertificates(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := acm.NewListCertificatesPaginator(c.certificates, &acm.ListCertificatesInput{
		CertificateStatuses: []acmtypes.CertificateStatus{acmtypes.CertificateStatusPendingValidation, acmtypes.CertificateStatusIssued},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.CertificateSummaryList {
			if awssdk.ToString(each.DomainName) != values.text("domain_name") {
				continue
			}
			listing, err := c.certificates.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: each.CertificateArn})
			if err != nil {
				return nil, err
			}
			tags := tagMap(listing.Tags, func(t acmtypes.Tag) (key, value *string) { return t.Key, t.Value })
			candidates = append(candidates, candidate{id: awssdk.ToString(each.CertificateArn), tags: tags})
		}
	}
	return candidates, nil
}

// readRecord asks for the records from the planned name and type on: the first
// is the one, or there is none.
func (c *Client) readRecord(ctx context.Context, values planned) (object, error) {
	zone, kind := values.text("zone_id"), values.text("type")
	name := strings.ToLower(strings.TrimSuffix(values.text("name"), ".")) // as Route 53 and states have it
	set := values.text("set_identifier")
	input := &route53.ListResourceRecordSetsInput{
		HostedZoneId: &zone, MaxItems: awssdk.Int32(1),
		StartRecordName: &name, StartRecordType: route53types.RRType(kind),
	}
	importID := zone + "_" + name + "_" + kind
	if set != "" {
		input.StartRecordIdentifier = &set
		importID += "_" + set
	}
	page, err := c.names.ListResourceRecordSets(ctx, input)
	if err != nil {
		return object{}, err
	}
	for _, each := range page.ResourceRecordSets {
		if strings.EqualFold(strings.TrimSuffix(awssdk.ToString(each.Name), "."), name) &&
			string(each.Type) == kind && awssdk.ToString(each.SetIdentifier) == set {
			return object{importID: importID, number: importID}, nil
		}
	}
	return object{}, errAbsent
}
