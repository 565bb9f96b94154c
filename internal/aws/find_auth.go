package aws

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
)

// cognitoPage is the most that Cognito gives at once; it asks for a number.
const cognitoPage = 60

func (c *Client) listUserPools(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := cognito.NewListUserPoolsPaginator(c.users, &cognito.ListUserPoolsInput{MaxResults: awssdk.Int32(cognitoPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.UserPools {
			if awssdk.ToString(each.Name) != values.text("name") {
				continue
			}
			full, err := c.users.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: each.Id}) // listings have no tags
			if err != nil {
				return nil, err
			}
			candidates = append(candidates, candidate{id: awssdk.ToString(each.Id), tags: full.UserPool.UserPoolTags})
		}
	}
	return candidates, nil
}

func (c *Client) listUserPoolClients(ctx context.Context, values planned) ([]candidate, error) {
	pool := values.text("user_pool_id")
	var candidates []candidate
	pages := cognito.NewListUserPoolClientsPaginator(c.users, &cognito.ListUserPoolClientsInput{UserPoolId: &pool, MaxResults: awssdk.Int32(cognitoPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.UserPoolClients {
			if id := awssdk.ToString(each.ClientId); awssdk.ToString(each.ClientName) == values.text("name") {
				candidates = append(candidates, candidate{id: pool + "/" + id, number: id, bare: true})
			}
		}
	}
	return candidates, nil
}

func (c *Client) readUserGroup(ctx context.Context, values planned) (object, error) {
	pool, name := values.text("user_pool_id"), values.text("name")
	_, err := c.users.GetGroup(ctx, &cognito.GetGroupInput{UserPoolId: &pool, GroupName: &name})
	return object{importID: pool + "/" + name}, err
}

// readUserPoolDomain finds a domain of the planned pool only: prefixes are the
// region's. Of a free one Cognito describes nothing, without an error.
func (c *Client) readUserPoolDomain(ctx context.Context, values planned) (object, error) {
	name := values.text("domain")
	domain, err := c.users.DescribeUserPoolDomain(ctx, &cognito.DescribeUserPoolDomainInput{Domain: &name})
	if err != nil {
		return object{}, err
	}
	if domain.DomainDescription == nil || awssdk.ToString(domain.DomainDescription.UserPoolId) != values.text("user_pool_id") {
		return object{}, errAbsent
	}
	return object{importID: name}, nil
}

func (c *Client) readConfigurationSet(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	_, err := c.mail.DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{ConfigurationSetName: &name})
	return object{importID: name}, err
}

func (c *Client) readEventDestination(ctx context.Context, values planned) (object, error) {
	set, name := values.text("configuration_set_name"), values.text("name")
	answer, err := c.mail.DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{
		ConfigurationSetName:           &set,
		ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeEventDestinations},
	})
	if err != nil {
		return object{}, err
	}
	for _, destination := range answer.EventDestinations {
		if awssdk.ToString(destination.Name) == name {
			return object{importID: set + "/" + name}, nil
		}
	}
	return object{}, errAbsent
}

func (c *Client) readTemplate(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	_, err := c.mail.GetTemplate(ctx, &ses.GetTemplateInput{TemplateName: &name})
	return object{importID: name}, err
}

func (c *Client) readMailDomain(ctx context.Context, values planned) (object, error) {
	domain := values.text("domain")
	answer, err := c.mail.GetIdentityVerificationAttributes(ctx, &ses.GetIdentityVerificationAttributesInput{Identities: []string{domain}})
	if err != nil {
		return object{}, err
	}
	if _, known := answer.VerificationAttributes[domain]; !known {
		return object{}, errAbsent
	}
	return object{importID: domain}, nil
}

func (c *Client) readMailKeys(ctx context.Context, values planned) (object, error) {
	domain := values.text("domain")
	answer, err := c.mail.GetIdentityDkimAttributes(ctx, &ses.GetIdentityDkimAttributesInput{Identities: []string{domain}})
	if err != nil {
		return object{}, err
	}
	if len(answer.DkimAttributes[domain].DkimTokens) == 0 {
		return object{}, errAbsent
	}
	return object{importID: domain}, nil
}
