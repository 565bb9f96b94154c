mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks"
}

variables {
  api  = { domain_name = "a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", stage_name = "v1" }
  name = "goal-mandala-test"
}

run "api_host_with_a_scheme" {
  command = plan

  variables {
    api = { domain_name = "https://a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", stage_name = "v1" }
  }

  expect_failures = [var.api]
}

run "api_stage_with_a_slash" {
  command = plan

  variables {
    api = { domain_name = "a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", stage_name = "/v1" }
  }

  expect_failures = [var.api]
}

run "assets_longer_than_a_year" {
  command = plan

  variables {
    cache = { asset_max_days = 366 }
  }

  expect_failures = [var.cache]
}

run "html_longer_than_an_hour" {
  command = plan

  variables {
    cache = { html_max_seconds = 3601 }
  }

  expect_failures = [var.cache]
}

run "assets_without_any_cache" {
  command = plan

  variables {
    cache = { asset_days = 0, asset_max_days = 0 }
  }

  expect_failures = [var.cache]
}

run "html_without_any_cache" {
  command = plan

  variables {
    cache = { html_max_seconds = 0, html_seconds = 0 }
  }

  expect_failures = [var.cache]
}

run "html_longer_than_its_maximum" {
  command = plan

  variables {
    cache = { html_max_seconds = 60 }
  }

  expect_failures = [var.cache]
}

run "asset_path_of_the_api" {
  command = plan

  variables {
    cache = { asset_paths = ["/api/files/*"] }
  }

  expect_failures = [var.cache]
}

run "source_with_a_semicolon" {
  command = plan

  variables {
    content_security_policy = { script-src = ["'self';"] }
  }

  expect_failures = [var.content_security_policy]
}

run "domain_without_names" {
  command = plan

  variables {
    domain = { names = [], zone_id = "Z0000000000001" }
  }

  expect_failures = [var.domain]
}

run "domain_with_a_wildcard" {
  command = plan

  variables {
    domain = { names = ["*.example.com"], zone_id = "Z0000000000001" }
  }

  expect_failures = [var.domain]
}

run "country_in_lower_case" {
  command = plan

  variables {
    geo_countries = ["jp"]
  }

  expect_failures = [var.geo_countries]
}

run "logs_for_no_day" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "unknown_price_class" {
  command = plan

  variables {
    price_class = "PriceClass_300"
  }

  expect_failures = [var.price_class]
}

run "versions_for_half_a_day" {
  command = plan

  variables {
    version_retention_days = 0.5
  }

  expect_failures = [var.version_retention_days]
}
