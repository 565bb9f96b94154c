target  = "aws" # the local AWS behind the tests' gateway, named by AWS_ENDPOINT_URL
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket        = "interrupt-remote-deploy"
  lease_seconds = 5
}

approval {
  required = false
}
