environment         = "staging"
owner               = "platform"
cost_center         = "goal-mandala"
data_classification = "internal"

database = {
  capacity_acu = { max = 1 }
}
