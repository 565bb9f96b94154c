environment         = "staging"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "internal"

application_url = "https://app.staging.goal-mandala.example"
mail            = { domain = "staging.goal-mandala.example", from_address = "no-reply@staging.goal-mandala.example", verified = true }

audit = {
  expiration_days = 90
}

database = {
  capacity_acu   = { max = 1 }
  instance_count = 1
}

frontend = {
  price_class = "PriceClass_200"
}

monitoring = {
  alarm_emails = ["alerts@staging.goal-mandala.example"]
  budget       = { emails = ["alerts@staging.goal-mandala.example"], limit_usd = 60 }
}
