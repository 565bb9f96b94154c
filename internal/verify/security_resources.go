package verify

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

func resourceChecks() []Check {
	return []Check{
		{
			ID: "security.messages-private", Title: "no topic's or queue's policy allows anything to everybody or to another account", Requirements: []string{"R4.1", "R4.3"}, Reads: messageReads(),
			Remedy: "put the policy back by an apply of the layer of the topic or queue, and look in the trail for who changed it",
			Run:    messagesPrivate,
		},
		{
			ID: "security.keys-private", Title: "no key's and no secret's policy gives anything away", Requirements: []string{"R1.4", "R4.1"}, Reads: []string{"kms:ListAliases", "kms:GetKeyPolicy", "secretsmanager:GetResourcePolicy"},
			Remedy: "put the policy back by an apply of the layer of the key or secret, and change a secret's value that others may have read",
			Run:    keysPrivate,
		},
		{
			ID: "security.messages-tls", Title: "every topic and queue refuses plain HTTP", Requirements: []string{"R4.4"}, Reads: messageReads(),
			Remedy: "apply the layer of the topic or queue, whose policy denies everybody what comes without TLS",
			Run:    messagesTLS,
		},
		{
			ID: "security.database-tls", Title: "the database takes no connection without TLS", Requirements: []string{"R1.1", "R4.4"}, Reads: []string{"rds:DescribeDBClusters", "rds:DescribeDBClusterParameters"},
			Remedy: "set rds.force_ssl to 1 in the cluster's parameter group by an apply of the layer database; it takes effect at once",
			Run:    databaseTLS,
		},
		{
			ID: "security.mail-tls", Title: "mail goes out by TLS only", Requirements: []string{"R4.4"}, Reads: []string{"ses:DescribeConfigurationSet"},
			Remedy: "apply the layer auth, whose configuration set requires TLS",
			Run:    mailTLS,
		},
	}
}

func keysPrivate(ctx context.Context, s *Subject) ([]string, error) {
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	secrets, err := secretsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range keys {
		for _, fault := range iampolicy.Faults(each.policy, iampolicy.Key, s.Account) {
			v.must(false, "key %s: %s", each.alias, fault)
		}
	}
	for _, each := range secrets {
		for _, fault := range iampolicy.Faults(each.policy, "secret", s.Account) {
			v.must(false, "secret %s: %s", each.name, fault)
		}
	}
	v.must(len(keys) > 0, "%s has no keys", s.Name())
	v.saw("%d keys and %d secrets", len(keys), len(secrets))
	return v.give()
}

// parametersOf gives the values of the database's cluster parameters.
func parametersOf(ctx context.Context, s *Subject) (map[string]string, error) {
	return recall(ctx, "parameters", func(ctx context.Context) (map[string]string, error) {
		c, err := clusterOf(ctx, s)
		if err != nil {
			return nil, err
		}
		found, err := listOf(ctx, "the parameters "+text(c.DBClusterParameterGroup),
			rds.NewDescribeDBClusterParametersPaginator(rds.NewFromConfig(s.AWS), &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: c.DBClusterParameterGroup}),
			func(page *rds.DescribeDBClusterParametersOutput) []rdstypes.Parameter { return page.Parameters })
		if err != nil {
			return nil, err
		}
		values := map[string]string{}
		for _, each := range found {
			values[text(each.ParameterName)] = text(each.ParameterValue)
		}
		return values, nil
	})
}

func databaseTLS(ctx context.Context, s *Subject) ([]string, error) {
	values, err := parametersOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(values["rds.force_ssl"] == "1", "rds.force_ssl is %q, so that the database takes connections without TLS", values["rds.force_ssl"])
	v.saw("rds.force_ssl is %s", values["rds.force_ssl"])
	return v.give()
}

func mailTLS(ctx context.Context, s *Subject) ([]string, error) {
	name := s.Name()
	found, err := ses.NewFromConfig(s.AWS).DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{
		ConfigurationSetName:           &name,
		ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeDeliveryOptions},
	})
	if err != nil {
		return nil, fmt.Errorf("the mail's configuration set %s: %w", name, err)
	}
	var v verdict
	v.must(found.DeliveryOptions != nil && found.DeliveryOptions.TlsPolicy == sestypes.TlsPolicyRequire, "the configuration set %s sends mail without TLS where the other side has none", name)
	v.saw("configuration set %s", name)
	return v.give()
}
