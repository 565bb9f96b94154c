environment         = "production"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "confidential"
