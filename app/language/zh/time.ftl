### 时间与数量。

time-weekday = { $weekday ->
    [1] 星期一
    [2] 星期二
    [3] 星期三
    [4] 星期四
    [5] 星期五
    [6] 星期六
   *[7] 星期日
}
time-month = { $month }月
time-day = { $year }年{ time-month }{ $day }日（{ time-weekday }）
time-moment = { $day }{ $hour }
time-span = { $start } 至 { $end }
time-zone = { $time } { $short }（{ $zone }）
time-zone-short = { $time } { $short }
time-within = { $left }内（{ $moment } UTC 之前）
time-minutes = { $count } 分钟
time-hours = { $count } 小时
time-days = { $count } 天
