package localaws_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

func TestEnvironLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	base := []string{
		"PATH=/bin", "AWS_PROFILE=work", "AWS_SESSION_TOKEN=t", "AWS_CA_BUNDLE=/ca.pem", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL_S3=https://s3.example", "NO_PROXY=corp", "HTTPS_PROXY=http://proxy:3128", "AWS_PAGER=",
	}
	want := []string{
		"PATH=/bin", "HTTPS_PROXY=http://proxy:3128", "AWS_PAGER=",
		"AWS_ACCESS_KEY_ID=AKIAMANDALALOCAL0000", "AWS_CONFIG_FILE=/dev/null", "AWS_DEFAULT_REGION=ap-northeast-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=ap-northeast-1",
		"AWS_SECRET_ACCESS_KEY=mandala-local", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost",
	}
	if diff := cmp.Diff(want, localaws.Environ(base, "http://127.0.0.1:1", "ap-northeast-1")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
