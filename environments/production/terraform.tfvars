environment         = "production"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "confidential"

# Replace both by domains of your own.
application_url = "https://app.goal-mandala.example"
mail            = { domain = "goal-mandala.example", from_address = "no-reply@goal-mandala.example" }
