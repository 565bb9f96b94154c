package workflowtest

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Steps keeps executions as Step Functions does, and runs none. Starting again what runs
// with the same input is no error; what has ended keeps its name.
type Steps struct {
	lock       sync.Mutex
	executions map[string]*execution // by ARN

	// BeforeStart and AfterStart are called without the lock where they are set; an error
	// is the answer. The one is a start that did not happen, the other an answer that was
	// lost.
	BeforeStart, AfterStart func() error
}

type execution struct {
	input  string
	status types.ExecutionStatus
}

// StartExecution keeps a new execution.
func (s *Steps) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if s.BeforeStart != nil {
		if err := s.BeforeStart(); err != nil {
			return nil, err
		}
	}
	arn := strings.Replace(aws.ToString(in.StateMachineArn), ":stateMachine:", ":execution:", 1) + ":" + aws.ToString(in.Name)
	s.lock.Lock()
	found := s.executions[arn]
	if found == nil {
		s.executions[arn] = &execution{aws.ToString(in.Input), types.ExecutionStatusRunning}
	}
	s.lock.Unlock()
	if found != nil && (found.status != types.ExecutionStatusRunning || found.input != aws.ToString(in.Input)) {
		return nil, &types.ExecutionAlreadyExists{}
	}
	if s.AfterStart != nil {
		if err := s.AfterStart(); err != nil {
			return nil, err
		}
	}
	return &sfn.StartExecutionOutput{ExecutionArn: &arn}, nil
}

// DescribeExecution tells an execution's status.
func (s *Steps) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	found := s.executions[aws.ToString(in.ExecutionArn)]
	if found == nil {
		return nil, &types.ExecutionDoesNotExist{}
	}
	return &sfn.DescribeExecutionOutput{ExecutionArn: in.ExecutionArn, Status: found.status}, nil
}

// StopExecution aborts what runs.
func (s *Steps) StopExecution(_ context.Context, in *sfn.StopExecutionInput, _ ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	found := s.executions[aws.ToString(in.ExecutionArn)]
	if found == nil {
		return nil, &types.ExecutionDoesNotExist{}
	}
	if found.status == types.ExecutionStatusRunning {
		found.status = types.ExecutionStatusAborted
	}
	return &sfn.StopExecutionOutput{}, nil
}

// End ends every execution that runs.
func (s *Steps) End(status types.ExecutionStatus) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, found := range s.executions {
		if found.status == types.ExecutionStatusRunning {
			found.status = status
		}
	}
}

// Inputs are the inputs of the executions by their ARNs.
func (s *Steps) Inputs() map[string]string {
	s.lock.Lock()
	defer s.lock.Unlock()
	inputs := map[string]string{}
	for arn, found := range s.executions {
		inputs[arn] = found.input
	}
	return inputs
}

// Statuses are the statuses of the executions by their ARNs.
func (s *Steps) Statuses() map[string]types.ExecutionStatus {
	s.lock.Lock()
	defer s.lock.Unlock()
	statuses := map[string]types.ExecutionStatus{}
	for arn, found := range s.executions {
		statuses[arn] = found.status
	}
	return statuses
}
