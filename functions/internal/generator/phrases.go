package generator

import "github.com/goal-mandala/mandala-deploy/functions/internal/domain"

// phrases are the steps in one language: the first and the last of every action, and
// what lies between them for an action that is done once, or again and again.
type phrases struct {
	first, last step
	once, again []step
}

func english() phrases {
	return phrases{
		first: step{"Write down what “%s” looks like when it is done", "Three sentences at most: what there will be, for whom, and how you can tell.", domain.Execution, 10},
		last:  step{"Look back on “%s” and note what comes next", "Compare with what you wrote down at the beginning, and keep one thing to do better.", domain.Execution, 10},
		once: []step{
			{"Collect what you need for “%s”", "List tools, people and information, and get those that are missing.", domain.Execution, 30},
			{"Do the smallest useful part of “%s”", "Pick a part that can be finished in one sitting, and finish it.", domain.Execution, 45},
			{"Ask someone who has done it about “%s”", "Prepare three questions beforehand and write the answers down.", domain.Execution, 30},
			{"Set aside two hours for “%s”", "Put them into the calendar this week and switch notifications off for that time.", domain.Execution, 120},
			{"Find what could stop “%s”", "Name the three most likely obstacles, and one answer to each.", domain.Execution, 20},
			{"Show a first version of “%s” to someone", "Ask what is missing, and change one thing after that.", domain.Execution, 30},
		},
		again: []step{
			{"Choose a fixed time of the day for “%s”", "Tie it to something that you do every day anyway.", domain.Execution, 5},
			{"Do “%s” for ten minutes", "Ten minutes count, and stopping after them is fine.", domain.Habit, 10},
			{"Tick off “%s” in a calendar", "Never leave out two days in a row.", domain.Habit, 5},
			{"Prepare “%s” the evening before", "Lay out what you need, so that beginning takes no decision.", domain.Habit, 5},
			{"Review the week of “%s”", "Once a week: how often was it done, and what made it easy or hard?", domain.Habit, 15},
			{"Tell a friend about “%s”", "Agree on a day on which you will report how it goes.", domain.Execution, 15},
		},
	}
}

func inJapanese() phrases {
	return phrases{
		first: step{"「%s」が達成された状態を書き出す", "誰のために、何が、どうなっていれば完了かを三文以内で書く。", domain.Execution, 10},
		last:  step{"「%s」を振り返り、次の一歩を決める", "最初に書いた状態と比べ、次に良くすることを一つ選ぶ。", domain.Execution, 10},
		once: []step{
			{"「%s」に必要なものを集める", "道具・人・情報を一覧にし、足りないものを手配する。", domain.Execution, 30},
			{"「%s」のいちばん小さな一部分を終わらせる", "一度で終えられる部分を選び、最後までやり切る。", domain.Execution, 45},
			{"「%s」の経験者に話を聞く", "質問を三つ用意し、答えを書き留める。", domain.Execution, 30},
			{"「%s」のために二時間を確保する", "今週の予定表に入れ、その間は通知を切る。", domain.Execution, 120},
			{"「%s」の妨げになりそうなことを洗い出す", "起こりそうな障害を三つ挙げ、対策を一つずつ決める。", domain.Execution, 20},
			{"「%s」の最初の形を誰かに見せる", "足りない点を聞き、一つだけ直す。", domain.Execution, 30},
		},
		again: []step{
			{"「%s」を行う時間を一日の中で決める", "毎日必ずしていることの直後に置く。", domain.Execution, 5},
			{"「%s」を十分間行う", "十分で十分。そこで止めてもよい。", domain.Habit, 10},
			{"「%s」をカレンダーに記録する", "二日続けて休まないようにする。", domain.Habit, 5},
			{"前の晩に「%s」の準備をする", "迷わず始められるように必要なものを並べておく。", domain.Habit, 5},
			{"「%s」の一週間を見直す", "何回できたか、何が助けや妨げになったかを週に一度確認する。", domain.Habit, 15},
			{"「%s」を始めたことを友人に話す", "様子を報告する日を決めておく。", domain.Execution, 15},
		},
	}
}
