// Package aws speaks to AWS: it stores objects, prepares an environment's
// bucket, tells whose the credentials are, and finds resources that exist
// although no state has them. Nothing else here imports the AWS SDK.
package aws

import (
	"context"
	"net"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/smithy-go/logging"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	dialTimeout     = 2500 * time.Millisecond
	responseTimeout = 20 * time.Second // from the request to the answer's headers
)

// Static are fixed credentials, for the local AWS.
type Static struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// Options say which AWS is meant. All but Region may be left unset.
type Options struct {
	Region      string
	Endpoint    string  // URL of an AWS-compatible endpoint; "" is AWS, or AWS_ENDPOINT_URL where that is set
	Credentials *Static // nil is the SDK's chain: environment, profile, SSO, role
	PathStyle   bool    // the endpoint has no host name per bucket
	// VolatileTags are tags that may differ between a resource and the plan
	// that finds it again; nil is ["Release"].
	VolatileTags []string
}

// Client speaks to one region of one account. It is safe for concurrent use.
type Client struct {
	loaded   awssdk.Config // from which the services' clients were made
	region   string
	volatile map[string]bool
	east     *Client // us-east-1, for what CloudFront and billing want there; nil where that is the region itself

	apis         *apigateway.Client
	budgets      *budgets.Client
	certificates *acm.Client
	costs        *costexplorer.Client
	ec2          *ec2.Client
	edge         *cloudfront.Client
	events       *eventbridge.Client
	firewall     *wafv2.Client
	iam          *iam.Client
	kms          *kms.Client
	lambda       *lambda.Client
	logs         *cloudwatchlogs.Client
	mail         *ses.Client
	metrics      *cloudwatch.Client
	names        *route53.Client
	queues       *sqs.Client
	rds          *rds.Client
	s3           *s3.Client
	schedules    *scheduler.Client
	secrets      *secretsmanager.Client
	sts          *sts.Client
	tagging      *resourcegroupstaggingapi.Client
	topics       *sns.Client
	traces       *xray.Client
	trails       *cloudtrail.Client
	users        *cognitoidentityprovider.Client
	workflows    *sfn.Client
}

var (
	_ engine.Cloud   = (*Client)(nil)
	_ engine.Adopter = (*Client)(nil)
)

// New makes a client. It sends nothing yet; what it fails with is a broken
// AWS configuration file or an unknown profile.
func New(ctx context.Context, options Options) (*Client, error) {
	load := []func(*config.LoadOptions) error{
		config.WithRegion(options.Region),
		config.WithHTTPClient(httpClient()),
		config.WithLogger(logging.Nop{}), // the SDK would write to stderr beside our own log
		config.WithRetryer(newRetryer),
	}
	if options.Endpoint != "" {
		load = append(load, config.WithBaseEndpoint(options.Endpoint))
	}
	if s := options.Credentials; s != nil {
		load = append(load, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)))
	}
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, &problem.Error{Code: problem.NoCredentials, What: "the AWS configuration cannot be used", Err: err}
	}
	loaded.Credentials = namedCredentials{loaded.Credentials}
	volatile := map[string]bool{"Release": true}
	if options.VolatileTags != nil {
		volatile = map[string]bool{}
		for _, key := range options.VolatileTags {
			volatile[key] = true
		}
	}
	c := clients(loaded, options)
	c.volatile = volatile
	if options.Region != globalRegion {
		elsewhere := loaded.Copy()
		elsewhere.Region = globalRegion
		c.east = clients(elsewhere, options)
		c.east.volatile = volatile
	}
	return c, nil
}

// globalRegion is where AWS keeps what is of the whole world.
const globalRegion = "us-east-1"

// clients makes the services' clients for the region of a configuration.
func clients(loaded awssdk.Config, options Options) *Client {
	return &Client{
		loaded:       loaded,
		region:       loaded.Region,
		apis:         apigateway.NewFromConfig(loaded),
		budgets:      budgets.NewFromConfig(loaded),
		certificates: acm.NewFromConfig(loaded),
		costs:        costexplorer.NewFromConfig(loaded),
		ec2:          ec2.NewFromConfig(loaded),
		edge:         cloudfront.NewFromConfig(loaded),
		events:       eventbridge.NewFromConfig(loaded),
		firewall:     wafv2.NewFromConfig(loaded),
		iam:          iam.NewFromConfig(loaded),
		kms:          kms.NewFromConfig(loaded),
		lambda:       lambda.NewFromConfig(loaded),
		logs:         cloudwatchlogs.NewFromConfig(loaded),
		mail:         ses.NewFromConfig(loaded),
		metrics:      cloudwatch.NewFromConfig(loaded),
		names:        route53.NewFromConfig(loaded),
		queues:       sqs.NewFromConfig(loaded),
		rds:          rds.NewFromConfig(loaded),
		s3:           s3.NewFromConfig(loaded, func(o *s3.Options) { o.UsePathStyle = options.PathStyle }),
		schedules:    scheduler.NewFromConfig(loaded),
		secrets:      secretsmanager.NewFromConfig(loaded),
		sts:          sts.NewFromConfig(loaded),
		tagging:      resourcegroupstaggingapi.NewFromConfig(loaded),
		topics:       sns.NewFromConfig(loaded),
		traces:       xray.NewFromConfig(loaded),
		trails:       cloudtrail.NewFromConfig(loaded),
		users:        cognitoidentityprovider.NewFromConfig(loaded),
		workflows:    sfn.NewFromConfig(loaded),
	}
}

// Config gives the configuration of the client, for those who read what is deployed.
func (c *Client) Config() awssdk.Config { return c.loaded.Copy() }

func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = dialTimeout
			t.ResponseHeaderTimeout = responseTimeout
		})
}

// Identity asks STS whose the credentials are.
func (c *Client) Identity(ctx context.Context) (engine.Identity, error) {
	caller, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return engine.Identity{}, failure(ctx, "ask whose the credentials are", err)
	}
	return engine.Identity{Account: awssdk.ToString(caller.Account), ARN: awssdk.ToString(caller.Arn), Region: c.region}, nil
}
