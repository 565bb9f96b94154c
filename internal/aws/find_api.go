package aws

import (
	"cmp"
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

func (c *Client) listAPIs(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := apigateway.NewGetRestApisPaginator(c.apis, &apigateway.GetRestApisInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.Items {
			if awssdk.ToString(each.Name) == values.text("name") {
				candidates = append(candidates, candidate{id: awssdk.ToString(each.Id), tags: each.Tags})
			}
		}
	}
	return candidates, nil
}

func (c *Client) readStage(ctx context.Context, values planned) (object, error) {
	api, name := values.text("rest_api_id"), values.text("stage_name")
	stage, err := c.apis.GetStage(ctx, &apigateway.GetStageInput{RestApiId: &api, StageName: &name})
	if err != nil {
		return object{}, err
	}
	return object{importID: api + "/" + name, tags: stage.Tags}, nil
}

func (c *Client) readDomainName(ctx context.Context, values planned) (object, error) {
	name := values.text("domain_name")
	domain, err := c.apis.GetDomainName(ctx, &apigateway.GetDomainNameInput{DomainName: &name})
	if err != nil {
		return object{}, err
	}
	return object{importID: name, tags: domain.Tags}, nil
}

// readBasePathMapping finds a mapping of the same path whatever API it leads
// to: the domain name was found to be ours before.
func (c *Client) readBasePathMapping(ctx context.Context, values planned) (object, error) {
	const whole = "(none)" // the API's word for no path
	domain, path := values.text("domain_name"), values.text("base_path")
	pages := apigateway.NewGetBasePathMappingsPaginator(c.apis, &apigateway.GetBasePathMappingsInput{DomainName: &domain})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.Items {
			if awssdk.ToString(each.BasePath) == cmp.Or(path, whole) {
				return object{importID: domain + "/" + path}, nil
			}
		}
	}
	return object{}, errAbsent
}
