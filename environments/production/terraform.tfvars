environment         = "production"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "confidential"

# Replace these by a domain and addresses of your own. Each address gets a mail to
# confirm.
application_url = "https://app.goal-mandala.example"
mail            = { domain = "goal-mandala.example", from_address = "no-reply@goal-mandala.example", verified = true }

monitoring = {
  alarm_emails = ["alerts@goal-mandala.example"]
  budget       = { emails = ["alerts@goal-mandala.example"] }
}
