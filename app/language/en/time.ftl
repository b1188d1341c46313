### Times and amounts.

time-weekday = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
time-month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
time-day = { time-weekday }, { $day } { time-month } { $year }
time-moment = { $day }, { $hour }
time-span = { $start } to { $end }
time-zone = { $time } { $short } ({ $zone })
time-zone-short = { $time } { $short }
time-within = within { $left } (until { $moment } UTC)
time-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
time-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
time-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
