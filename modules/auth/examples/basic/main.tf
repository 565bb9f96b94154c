module "auth" {
  source = "../.."

  application_url     = "https://app.example.com"
  deletion_protection = false
  name                = "goal-mandala-example"
  tags                = { Layer = "auth" }

  mail = {
    domain       = "example.com"
    from_address = "no-reply@example.com"
    through_ses  = false # until the domain's records are published
  }
}
