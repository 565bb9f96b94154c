target  = "aws"
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket = "PROJECT-production-deploy"
}

approval {
  required = true
}

release {
  required = true
}

frontend {
  source = "site"
}

backup {
  database = "never"
}

rollback {
  on_failure = true
}

verify {
  areas    = ["health"]
  attempts = 2
}
