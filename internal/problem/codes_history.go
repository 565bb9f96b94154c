package problem

// Codes of what was deployed, and of telling people.
const (
	UnknownDeployment Code = "MD0831"
	BrokenRecord      Code = "MD0832"
	NoWebhook         Code = "MD0833"
	NoticeFailed      Code = "MD0834"
)

func history() []Entry {
	return []Entry{
		{UnknownDeployment, "unknown deployment",
			"no deployment has that id, or more than one has an id that begins so",
			"`mandala-deploy history ENV` lists them with their ids"},
		{BrokenRecord, "broken deployment record",
			"the object in the bucket that should be the deployment's record is none",
			"restore an earlier version of the object: the bucket is versioned"},
		{NoWebhook, "no Slack webhook",
			"the secret that deploy.hcl names for notices is missing, cannot be read or holds no https URL",
			"put the webhook's URL into the secret, or correct `notify.slack_webhook_secret` in deploy.hcl"},
		{NoticeFailed, "Slack not told",
			"Slack did not take the message; the deployment is not affected",
			"look at the reason; a webhook that was revoked must be made anew and its URL put into the secret"},
	}
}
