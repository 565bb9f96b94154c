mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  bucket_name = "goal-mandala-test-deploy"
  github      = { repository = "goal-mandala/goal-mandala" }
  name        = "goal-mandala-test"
}

run "bucket_in_upper_case" {
  command = plan

  variables {
    bucket_name = "Deploy"
  }

  expect_failures = [var.bucket_name]
}

run "every_repository_of_an_organisation" {
  command = plan

  variables {
    github = { repository = "goal-mandala/*" }
  }

  expect_failures = [var.github]
}

run "every_branch" {
  command = plan

  variables {
    github = { branch = "*", repository = "goal-mandala/goal-mandala" }
  }

  expect_failures = [var.github]
}

run "every_environment" {
  command = plan

  variables {
    github = { environment = "*", repository = "goal-mandala/goal-mandala" }
  }

  expect_failures = [var.github]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}
