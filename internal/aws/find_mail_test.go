package aws

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
)

func TestFindAnEventDestinationInItsSet(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, "us-east-2"), t.Context()
	for _, set := range []string{"mails", "others"} {
		if _, err := c.mail.CreateConfigurationSet(ctx, &ses.CreateConfigurationSetInput{ConfigurationSet: &sestypes.ConfigurationSet{Name: &set}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.mail.CreateConfigurationSetEventDestination(ctx, &ses.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: awssdk.String("mails"),
		EventDestination: &sestypes.EventDestination{
			Name: awssdk.String("feedback"), Enabled: true, MatchingEventTypes: []sestypes.EventType{sestypes.EventTypeBounce},
			SNSDestination: &sestypes.SNSDestination{TopicARN: awssdk.String("arn:aws:sns:us-east-2:123456789012:feedback")},
		},
	}); err != nil {
		t.Fatal(err)
	}
	values := func(set, name string) map[string]any {
		return map[string]any{"configuration_set_name": set, "name": name}
	}
	tests := map[string]finding{
		"there":          {"aws_ses_event_destination", values("mails", "feedback"), nil, "mails/feedback"},
		"another name":   {"aws_ses_event_destination", values("mails", "other"), nil, ""},
		"in another set": {"aws_ses_event_destination", values("others", "feedback"), nil, ""},
		"no such set":    {"aws_ses_event_destination", values("none", "feedback"), nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}
