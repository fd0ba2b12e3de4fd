#!/bin/sh
# help.sh — what one can type.
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
zh*)
    cat <<'HELP'
make                检查有改动的部分，画出地图（同 make grade）
make family         检查一道练习；make islands 检查整章
make family.hint    下一条提示，一次一条
make family.debug   用 gdb 停在失败的测试里，子进程也跟进去
make family.trace   把失败的测试画成一张网页；make family.log 用文字
make family.diff    把你的答案和参考答案并排看；没做出来时会先问一声
make capture.bench  测速度：你的答案、参考答案和 sh，并画成图
make queues.bench   几种队列并排测速；make ring.bench 只测其中一种
make harbour.bench  服务器和 redis、socat 并排测速
make two_copies.run 编译并运行课文里的一个小程序；.trace 和 .log 也可以
make watch          每次保存后自动检查
make setup          用系统的包管理器装上缺少的东西
make solutions      检查参考答案
make frame.fuzz     用 libFuzzer 找错，找 T=10 秒
make clean          删除 build/，从头再来
make test           仓库自己的测试；make soak N=20 在高负载下重复
make help           显示这张表

FACT=名字           只做这一项测试，讲得完整：make family FACT=...
SCHEDULE=名字       和 FACT 一起：只跑其中一种次序，测试失败时会打印
IMPL=目录           检查那个目录里的答案，而不是 chapters/
V=1                 显示 make 执行的每条命令
NO_COLOR=1          不用颜色
HELP
    ;;
*)
    cat <<'HELP'
make                checks what has changed and draws the map (make grade)
make family         checks one exercise; make islands the whole chapter
make family.hint    the next hint, one at a time
make family.debug   gdb in the test that fails, children included
make family.trace   draws the test that fails, as a page for a browser;
                    make family.log tells it as text
make family.diff    your answer beside the reference; asks first if not solved
make capture.bench  speed: your answer, the reference and sh, as a table and
                    drawn; make bench runs all of them
make queues.bench   the queues beside the kernel's and Python's; make
                    ring.bench with one of them only
make harbour.bench  the server beside redis and socat
make two_copies.run compiles and runs a small program of the text;
                    .trace and .log draw and tell it, too
make watch          checks again at every save
make setup          installs what is missing with the system's package manager
make solutions      checks the reference answers
make frame.fuzz     lets libFuzzer look for mistakes, for T=10 seconds
make clean          removes build/, to begin anew
make test           the repository's own tests; make soak N=20 repeats the
                    facts under load
make help           shows this list

FACT=NAME           that one test, told in full: make family FACT=...
SCHEDULE=NAME       with FACT: one order of its processes alone; a test that
                    fails prints it
IMPL=FOLDER         checks the answers in that folder, not those in chapters/
V=1                 shows every command that make runs
NO_COLOR=1          does without colours
HELP
    ;;
esac
